//! Reading the log, the state and the numbers.

use super::house::House;
use http::StatusCode;

#[tokio::test]
async fn each_reading_of_the_log_is_a_record() {
    let house = House::open().await;
    let eve = house.admin("eve");
    house.send("GET", "/api/approvals", Some(&house.admin("ana")), "").await;
    let (status, answer) = house.send("GET", "/api/audit/tail?count=5", Some(&eve), "").await;
    assert_eq!(status, StatusCode::OK);
    let last = answer["records"].as_array().and_then(|records| records.last()).unwrap();
    assert_eq!(
        (last["event"].as_str(), last["record"]["actor"]["user"]["name"].as_str()),
        (Some("refused"), Some("ana"))
    );
    let call = last["call_id"].as_str().unwrap();
    let (status, answer) = house.send("GET", &format!("/api/audit/calls/{call}"), Some(&eve), "").await;
    assert_eq!((status, answer["records"][0]["index"].as_u64()), (StatusCode::OK, last["index"].as_u64()));
    assert_eq!(house.events().iter().filter(|(event, _)| *event == "log_read").count(), 2);
}

#[tokio::test]
async fn a_reading_of_nothing_or_of_everything_is_refused() {
    let house = House::open().await;
    let eve = house.admin("eve");
    for (path, status) in [
        ("/api/audit/tail?count=0", StatusCode::BAD_REQUEST),
        ("/api/audit/tail?count=1001", StatusCode::BAD_REQUEST),
        ("/api/audit/tail?from=1", StatusCode::BAD_REQUEST),
        ("/api/audit/tail?count=1&count=2", StatusCode::BAD_REQUEST),
        ("/api/audit/calls/x", StatusCode::BAD_REQUEST),
        ("/api/audit/calls/00000000000000000000000000", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(house.send("GET", path, Some(&eve), "").await.0, status, "{path}");
    }
}

#[tokio::test]
async fn status_says_what_runs() {
    let house = House::open().await;
    let (_, status) = house.send("GET", "/api/status", Some(&house.admin("root")), "").await;
    assert_eq!((status["version"].as_str(), status["ready"].as_bool()), (Some("1.2.3"), Some(true)));
    assert_eq!(status["policy"], house.parts.policy.now().policy_hash().to_string());
    assert_eq!(status["log"]["origin"], "secure-mcp/test");
    assert_eq!(status["facts"][0], "isolation: none");
}

#[tokio::test]
async fn numbers_name_no_person() {
    let house = House::open().await;
    house.send("GET", "/api/approvals", Some(&house.admin("sam")), "").await;
    let (status, numbers) = house.send("GET", "/metrics", Some(&house.admin("root")), "").await;
    let text = numbers.as_str().unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("secure_mcp_ready 1\n"), "{text}");
    assert!(
        text.contains("secure_mcp_admin_requests_total{route=\"admin/approvals.list\",status=\"200\"} 1\n"),
        "{text}"
    );
    for name in ["ana", "sam", "root", "eve", "acme", "desk"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[tokio::test]
async fn calls_are_counted_in_the_words_of_the_conventions_and_name_no_person() {
    let house = House::open().await;
    let who = audit::Who {
        principal: domain::Principal {
            tenant: "acme".parse().unwrap(),
            person: "wilhelmina".parse().unwrap(),
            client: "desk".parse().unwrap(),
        },
        peer: None,
        user_agent: None,
    };
    for (tool, code) in [
        ("database-query", domain::RefusalCode::Denied),
        ("salaries-of-wilhelmina", domain::RefusalCode::UnknownTool),
    ] {
        let refused = audit::Refused {
            call: domain::CallId::mint(house.parts.clock.now(), secrets::random().unwrap()),
            who: who.clone(),
            tool: Some(tool.to_owned()),
            refusal: domain::Refusal::new(code, "no"),
            arguments: None,
            basis: None,
            policy: None,
            reasons: Vec::new(),
            controls: Vec::new(),
            duration_us: 15_000,
        };
        house.parts.audit.refused(refused).await.unwrap();
    }
    let (_, numbers) = house.send("GET", "/metrics", Some(&house.admin("root")), "").await;
    let text = numbers.as_str().unwrap();
    let labels = "mcp_method_name=\"tools/call\",gen_ai_tool_name=\"database-query\",error_type=\"denied\"";
    for line in [
        format!("mcp_server_operation_duration_seconds_bucket{{{labels},le=\"0.01\"}} 0\n"),
        format!("mcp_server_operation_duration_seconds_bucket{{{labels},le=\"0.02\"}} 1\n"),
        format!("mcp_server_operation_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 1\n"),
        format!("mcp_server_operation_duration_seconds_sum{{{labels}}} 0.015\n"),
        format!("mcp_server_operation_duration_seconds_count{{{labels}}} 1\n"),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(
        text.contains("gen_ai_tool_name=\"\",error_type=\"unknown_tool\"") && !text.contains("wilhelmina")
    );
}
