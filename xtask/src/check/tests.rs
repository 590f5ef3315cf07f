//! Every wall falls on a planted case, and stands without one.

use super::files::{SourceFile, of_project};
use super::imports::{Package, packages, through_walls, upward};
use super::rust_source::{Texts, without_comments, without_tests};
use super::{Depth, Finding, forbidden, header, length, unwanted_words, waiving};
use crate::doors::DOORS;
use crate::waivers::Waiver;
use crate::words::WORDS;
use std::path::Path;

fn package(name: &str, imports: &[&str]) -> Package {
    Package {
        name: name.to_owned(),
        imports: imports.iter().map(|&import| import.to_owned()).collect(),
        ..Package::default()
    }
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned(), only_for_tests: false }
}

fn places(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.place.as_str()).collect()
}

#[test]
fn an_import_to_the_same_or_a_higher_level_is_found() {
    let house = |imports: &[&str]| {
        [
            package("domain", &[]),
            package("authn", imports),
            package("audit", &[]),
            package("pipeline", &[]),
            package("testkit", &["domain"]),
        ]
    };
    assert_eq!(upward(&house(&["domain", "serde"])), []);
    for planted in ["pipeline", "audit", "testkit"] {
        let findings = upward(&house(&["domain", planted]));
        assert_eq!(places(&findings), ["authn"], "{planted}");
        assert!(findings[0].what.contains(planted));
    }
}

#[test]
fn a_crate_without_a_level_is_found() {
    assert_eq!(places(&upward(&[package("utils", &[])])), ["utils"]);
}

#[test]
fn a_dangerous_crate_behind_a_second_door_is_found() {
    assert_eq!(through_walls(&[package("egress", &["reqwest"]), package("xtask", &["reqwest"])], DOORS), []);
    for door in DOORS {
        assert_eq!(places(&through_walls(&[package("execute", &[door.dependency])], DOORS)), ["execute"]);
    }
}

#[test]
fn a_file_of_600_lines_is_found_and_comments_are_not_counted() {
    let code = |lines: usize| "let a = 1;\n".repeat(lines);
    let comments = "// a\n\n/* b\n c */\n".repeat(200);
    let text = format!("//! x\n{comments}{}", code(500));
    assert_eq!(length::too_long(&[file("crates/a/src/a.rs", &text)]), []);
    for path in ["crates/a/src/a.rs", "crates/a/tests/it/main.rs", "xtask/src/a.rs"] {
        let findings = length::too_long(&[file(path, &code(600))]);
        assert!(findings[0].what.contains("600 code lines"), "{}", findings[0]);
    }
    // A text of many lines is code.
    assert_eq!(
        length::too_long(&[file("crates/a/src/a.rs", &format!("const A: &str = \"{}\";", code(600)))]).len(),
        1
    );
    for (path, line) in [("a.py", "a = 1\n"), ("a.ts", "a = 1;\n"), ("a.sh", "true\n")] {
        assert_eq!(length::too_long(&[file(path, &line.repeat(600))]).len(), 1, "{path}");
    }
    assert_eq!(length::too_long(&[file("a.py", &"# a\n".repeat(600))]), []);
}

#[test]
fn a_source_file_that_does_not_say_what_it_owns_is_found() {
    let files = [
        file("crates/a/src/a.rs", "//! Owns a.\n"),
        file("crates/a/src/b.rs", "use a;\n"),
        file("crates/a/src/c.rs", ""),
    ];
    assert_eq!(places(&header::missing(&files)), ["crates/a/src/b.rs", "crates/a/src/c.rs"]);
}

/// The forbidden calls of one shipped file, as `wall line`.
fn forbidden_in(path: &str, text: &str) -> Vec<String> {
    let (findings, _) = forbidden::waived(&[file(path, text)], &[]);
    findings.into_iter().map(|finding| finding.place).collect()
}

#[test]
fn a_planted_panic_is_found() {
    for planted in [
        "fn a() { b().unwrap(); }",
        "fn a() { b()\n    .unwrap\n(); }",
        "fn a() { b().expect(\"c\"); }",
        "fn a() { b().expect(\n    \"c\",\n); }",
        "fn a() { todo!() }",
        "fn a() { unimplemented!(\"later\") }",
    ] {
        assert_eq!(forbidden_in("crates/a/src/a.rs", planted).len(), 1, "{planted}");
        assert!(forbidden_in("crates/a/tests/it/main.rs", planted).is_empty(), "{planted}");
        assert!(forbidden_in("crates/a/src/tests.rs", planted).is_empty(), "{planted}");
        let in_test = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{ {planted} }}\n");
        assert!(forbidden_in("crates/a/src/a.rs", &in_test).is_empty(), "{planted}");
        let after_test = format!("#[cfg(test)]\nmod tests {{ fn b() {{}} }}\n{planted}\n");
        assert_eq!(forbidden_in("crates/a/src/a.rs", &after_test).len(), 1, "{planted}");
    }
}

#[test]
fn a_planted_process_is_found() {
    for planted in [
        "fn a() { std::process::Command::new(\"sh\"); }",
        "use std::process::Command;",
        "use std::process::{Child, Command};",
        "use std::process::{\n    Child,\n    Command as Run,\n};",
        "use tokio::process::Command;",
    ] {
        assert_eq!(forbidden_in("crates/a/src/a.rs", planted).len(), 1, "{planted}");
    }
    assert!(forbidden_in("crates/a/src/a.rs", "use std::process::{Child, ExitCode};").is_empty());
}

#[test]
fn a_reason_on_the_item_covers_the_item_and_no_more() {
    let reasoned =
        "#[expect(clippy::unwrap_used, reason = \"it cannot\")]\nfn a(b: [u8; 2]) { b().unwrap(); }\n";
    assert!(forbidden_in("crates/a/src/a.rs", reasoned).is_empty());
    let two = format!("{reasoned}fn c() {{ d().unwrap(); }}\n");
    assert_eq!(forbidden_in("crates/a/src/a.rs", &two), ["crates/a/src/a.rs:3"]);
    let process = "#[expect(clippy::disallowed_methods, reason = \"it must\")]\nfn a() { std::process::Command::new(\"b\"); }\n";
    assert_eq!(forbidden_in("crates/a/src/a.rs", process).len(), 1);
}

#[test]
fn what_only_looks_like_a_call_is_not_found() {
    for harmless in [
        "// b().unwrap()",
        "/* todo!() /* nested */ .unwrap() */",
        "const A: &str = \"b().unwrap()\";",
        "const A: &str = \"\\\".unwrap()\";",
        "const A: &str = r#\"\".unwrap()\"#;",
        "fn a(&self) { self.expect(b'\"') }",
        "fn a<'a>(b: &'a str) -> char { '\"' }",
        "fn a() { b().unwrap_or(1); }",
        "fn a() { c.unwrap_err(); }",
    ] {
        assert_eq!(forbidden_in("crates/a/src/a.rs", harmless), Vec::<String>::new(), "{harmless}");
    }
    // Behind each of them, a call is still seen.
    for harmless in [
        "const A: char = '\"';",
        "const A: char = '\\'';",
        "fn r<'a>() {}",
        "const A: &[u8] = br\"\\\";",
        "let r#type = 1;",
    ] {
        let text = format!("{harmless}\nfn a() {{ b().unwrap(); }}");
        assert_eq!(forbidden_in("crates/a/src/a.rs", &text), ["crates/a/src/a.rs:2"], "{harmless}");
    }
}

#[test]
fn lines_stay_where_they_were() {
    let text = "a /* b\nc */ d\n#[cfg(test)]\nmod tests {\n fn e() {}\n}\nf \"g\nh\"\n";
    let code = without_comments(text, Texts::Blanked);
    assert_eq!(code.lines().count(), text.lines().count());
    assert_eq!(without_tests(&code).lines().nth(6).map(str::trim_end), Some("f \""));
}

#[test]
fn a_word_of_unfinished_work_is_found() {
    let text = format!("//! Owns a.\nfn {}() {{}}\n", ["st", "ub"].concat());
    assert_eq!(
        places(&unwanted_words::found(&[file("crates/a/src/a.rs", &text)], WORDS)),
        ["crates/a/src/a.rs:2"]
    );
    assert_eq!(unwanted_words::found(&[file("crates/a/tests/it/main.rs", &text)], WORDS), []);
    let text = format!("# {}: write\n", ["TO", "DO"].concat());
    assert_eq!(
        unwanted_words::found(&[file("docs/a.md", &text), file("crates/a/tests/it/b.rs", &text)], WORDS)
            .len(),
        2
    );
    assert_eq!(unwanted_words::found(&[file("crates/a/src/a.rs", "//! stubborn mocking\n")], WORDS), []);
}

#[test]
fn a_waiver_covers_its_wall_and_path_and_a_stale_one_is_found() {
    let waivers = [
        Waiver { wall: "unwrap", path: "crates/a/src/a.rs", reason: "the constant is valid" },
        Waiver { wall: "expect", path: "crates/a/src/a.rs", reason: "the constant is valid" },
        Waiver { wall: "unwrap", path: "crates/b/", reason: "no" },
    ];
    let files = [
        file("crates/a/src/a.rs", "fn a() { b().unwrap(); }"),
        file("crates/b/src/a.rs", "fn a() { b().unwrap(); }"),
        file("crates/a/src/ab.rs", "fn a() { b().unwrap(); }"),
    ];
    let (findings, used) = forbidden::waived(&files, &waivers);
    assert_eq!(places(&findings), ["crates/a/src/ab.rs:1"]);
    let stale = waiving::stale(&waivers, &used);
    assert_eq!(places(&stale), ["crates/a/src/a.rs (expect)", "crates/b/ (unwrap)"]);
}

/// The walls as they are run, over a workspace on disk.
#[test]
fn a_planted_workspace_fails_and_its_clean_twin_passes() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let manifest = |name: &str, rest: &str| {
        write(
            &format!("crates/{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[lints]\nworkspace = true\n{rest}"),
        );
        write(&format!("crates/{name}/src/lib.rs"), "//! Owns a part.\n");
    };
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n[workspace.lints.rust]\n");
    manifest("domain", "");
    manifest(
        "audit",
        "[dependencies]\ndomain = { path = \"../domain\" }\n[dev-dependencies]\ntestkit = { path = \"../testkit\" }\n",
    );
    manifest("testkit", "[dependencies]\ndomain = { path = \"../domain\" }\n");
    assert_eq!(upward(&packages(root.path()).unwrap()), []);
    let files = of_project(root.path()).unwrap();
    assert_eq!((header::missing(&files), length::too_long(&files)), (vec![], vec![]));

    manifest("domain", "[dependencies]\ntestkit = { path = \"../testkit\" }\n");
    write("crates/domain/src/long.rs", &"fn a() { b().unwrap(); }\n".repeat(600));
    write("target/debug/build/out.rs", &"fn a() {}\n".repeat(600));
    assert_eq!(places(&upward(&packages(root.path()).unwrap())), ["domain"]);
    let files = of_project(root.path()).unwrap();
    assert_eq!(places(&header::missing(&files)), ["crates/domain/src/long.rs"]);
    assert_eq!(places(&length::too_long(&files)), ["crates/domain/src/long.rs"]);
    assert_eq!(forbidden::waived(&files, &[]).0.len(), 600);
}

#[test]
fn a_module_behind_cfg_test_may_panic() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("crates/a/src/disk");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("../lib.rs", "//! A.\n#[cfg(test)]\nmod samples;\nmod disk;\n");
    write("../disk.rs", "//! Disk.\n#[cfg(test)]\npub(crate) mod memory;\nmod real;\n");
    for name in ["../samples.rs", "memory.rs", "real.rs", "../memory.rs"] {
        write(name, "fn a() { b().unwrap(); }\n");
    }
    let (findings, _) = forbidden::waived(&of_project(root.path()).unwrap(), &[]);
    assert_eq!(places(&findings), ["crates/a/src/disk/real.rs:1", "crates/a/src/memory.rs:1"]);
}

/// The product itself; rustfmt and clippy have their own run.
#[test]
fn the_doors_of_deny_toml_are_the_doors_of_the_house() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    assert_eq!(super::manifests::deny_agrees(root, DOORS).unwrap(), []);
    assert_ne!(Depth::Full, Depth::Quick);
}
