//! Attacks over the network and over sockets of the host.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::thread;

use crate::engine::{Engine, unique_token};
use crate::program::{bash, python};

pub fn loopback(engine: &mut Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let attack = engine.run(&python(&format!(
        "a, b = socket.socketpair()\n\
         attempt('twin', lambda: a.send(b'x') and b.recv(1))\n\
         attempt('tcp', lambda: socket.create_connection(('127.0.0.1', {port}), 2))\n\
         attempt('tcp6', lambda: socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', {port})))\n\
         attempt('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port})))"
    )));
    attack.assert_ok().assert_done("twin").assert_denied(&["tcp", "tcp6", "udp"], &["EPERM"]);
    let by_shell = engine.run(&bash(&format!("echo x > /dev/tcp/127.0.0.1/{port}"), "tcp"));
    assert_eq!(by_shell.code(), Some(1), "{}", by_shell.summary());
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

pub fn metadata_service(engine: &mut Engine) {
    let attack = engine.run(&python(
        "attempt('twin', lambda: socket.inet_aton('169.254.169.254').hex())\n\
         attempt('metadata', lambda: socket.create_connection(('169.254.169.254', 80), 2))\n\
         attempt('decimal', lambda: socket.create_connection(('2852039166', 80), 2))\n\
         attempt('name', lambda: socket.create_connection(('example.org', 80), 2))\n\
         attempt('dns', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))",
    ));
    attack.assert_ok().assert_done("twin");
    attack.assert_denied(&["metadata", "decimal", "dns"], &["EPERM", "gaierror"]);
    // `gaierror` is an OSError whose number is a resolver's, not the kernel's.
    assert!(!attack.attempt("name").starts_with("done:"), "{}", attack.summary());
}

pub fn other_address_families(engine: &mut Engine) {
    let families = [
        ("inet", 2),
        ("inet6", 10),
        ("netlink", 16),
        ("packet", 17),
        ("alg", 38),
        ("vsock", 40),
        ("xdp", 44),
        ("key", 15),
        ("bluetooth", 31),
        ("can", 29),
        ("tipc", 30),
    ];
    let lines = families
        .map(|(name, number)| format!("attempt('{name}', lambda: socket.socket({number}, socket.SOCK_RAW))"));
    let twin = "attempt('twin', lambda: socket.socket(socket.AF_UNIX).fileno())\n";
    let attack = engine.run(&python(&format!("{twin}{}", lines.join("\n"))));
    attack.assert_ok().assert_done("twin").assert_denied(&families.map(|(name, _)| name), &["EPERM"]);
}

pub fn hosts_unix_sockets(engine: &mut Engine) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.socket");
    let by_path = UnixListener::bind(&path).unwrap();
    let name = unique_token("abstract");
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let by_name = UnixListener::bind_addr(&address).unwrap();
    for listener in [&by_path, &by_name] {
        listener.set_nonblocking(true).unwrap();
    }
    let attack = engine.run(&python(&format!(
        r#"
def twin(address):
    server = socket.socket(socket.AF_UNIX); server.bind(address); server.listen()
    client = socket.socket(socket.AF_UNIX); client.connect(address)
    return server.accept()[0].fileno() > 0
attempt('twin_path', lambda: twin('/tmp/own.socket'))
attempt('twin_name', lambda: twin('\0{name}'))
attempt('path', lambda: socket.socket(socket.AF_UNIX).connect({path:?}))
attempt('docker', lambda: socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock'))
"#
    )));
    attack.assert_ok().assert_done("twin_path").assert_done("twin_name");
    attack.assert_denied(&["path", "docker"], &["ENOENT", "EACCES"]);
    let attack = engine.run(&python(&format!(
        "attempt('name', lambda: socket.socket(socket.AF_UNIX).connect('\\0{name}'))"
    )));
    attack.assert_ok().assert_denied(&["name"], &["ECONNREFUSED", "EPERM"]);
    for listener in [by_path, by_name] {
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

pub fn two_sandboxes_do_not_meet(engine: &mut Engine) {
    let name = unique_token("meeting");
    let mut other = Engine::start(engine.caller);
    let serve = format!(
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0{name}'); s.listen(); s.settimeout(3)\n\
         open('/tmp/mine', 'w').write('x')\nattempt('met', lambda: s.accept())"
    );
    let server = thread::spawn(move || other.run(&python(&serve)));
    let client = engine.run(&python(&format!(
        "def look():\n for n in range(20):\n  time.sleep(0.1)\n  try:\n   socket.socket(socket.AF_UNIX).connect('\\0{name}'); return 'met'\n  except OSError: pass\n return 'alone'\n\
         attempt('look', look)\nattempt('file', lambda: open('/tmp/mine').read())\n\
         attempt('pids', lambda: [int(p) for p in os.listdir('/proc') if p.isdigit()])"
    )));
    assert_eq!(client.assert_ok().attempt("look"), "done:alone");
    client.assert_denied(&["file"], &["ENOENT"]);
    assert_eq!(client.attempt("pids"), "done:[2]");
    let server = server.join().unwrap();
    // A timeout is an OSError without a number in Python.
    server.assert_ok().assert_denied(&["met"], &["None"]);
}

crate::as_root_and_as_user!(
    loopback,
    metadata_service,
    other_address_families,
    hosts_unix_sockets,
    two_sandboxes_do_not_meet,
);
