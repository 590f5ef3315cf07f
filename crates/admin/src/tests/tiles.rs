//! Tiles over the plane.

use super::house::House;
use http::StatusCode;

#[tokio::test]
async fn tiles_are_read_as_far_as_the_checkpoint_goes_and_reading_records_is_recorded() {
    let house = House::open().await;
    let eve = house.admin("eve");
    for _ in 0..3 {
        house.send("GET", "/api/status", Some(&house.admin("ana")), "").await;
    }
    let mut size = 0;
    while size < 3 {
        let (status, note) = house.send("GET", "/api/audit/tlog/checkpoint", Some(&eve), "").await;
        assert_eq!(status, StatusCode::OK);
        let note = note.as_str().unwrap().to_owned();
        assert!(note.starts_with("secure-mcp/test\n"), "{note}");
        size = note.lines().nth(1).unwrap().parse().unwrap();
    }
    let reads = || house.events().iter().filter(|(event, _)| *event == "log_read").count();
    let (status, _) =
        house.send("GET", &format!("/api/audit/tlog/tile/0/000.p/{size}"), Some(&eve), "").await;
    assert_eq!((status, reads()), (StatusCode::OK, 0));
    let path = format!("/api/audit/tlog/tile/entries/000.p/{size}");
    let (status, bundle) = house.send("GET", &path, Some(&eve), "").await;
    assert_eq!((status, reads()), (StatusCode::OK, 1));
    let text = bundle.as_str().unwrap();
    assert!(text.contains("\"activity_name\":\"refused\"") && !text.contains("\"ana\""));
    for (path, expected) in [
        ("0/000.p/255", StatusCode::NOT_FOUND),
        ("entries/001", StatusCode::NOT_FOUND),
        ("8/000", StatusCode::BAD_REQUEST),
        ("0/0", StatusCode::BAD_REQUEST),
        ("..%2f..%2fsubjects", StatusCode::BAD_REQUEST),
    ] {
        let (status, _) = house.send("GET", &format!("/api/audit/tlog/tile/{path}"), Some(&eve), "").await;
        assert_eq!(status, expected, "{path}");
    }
}
