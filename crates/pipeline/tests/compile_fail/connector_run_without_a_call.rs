//! A connector cannot run on a checked call: the intent has to be on disk first.

fn run<'a>(
    connector: &'a dyn execute::Connector,
    call: &'a validate::CheckedCall,
    port: &'a dyn execute::CallPort,
) -> execute::BoxFuture<'a, execute::Ran> {
    connector.run(call, port)
}

fn main() {
    let _ = run;
}
