//! `stdio`: the bridge, over WebSocket or HTTP by the URL.

use crate::arguments::Stdio;
use crate::bridge::{Incoming, Outgoing, TokenFile, over_http, over_web_socket};
use crate::client::{Endpoint, Transport, Trust};
use crate::{Exit, Failure};

pub(super) async fn run(asked: Stdio) -> Result<Exit, Failure> {
    let endpoint = Endpoint::parse(&asked.url)?;
    let trust = Trust::new(asked.ca_file.as_deref());
    let token = TokenFile::open(asked.token_file)?;
    let (incoming, outgoing) = (Incoming::new(tokio::io::stdin()), Outgoing::new(tokio::io::stdout()));
    match endpoint.transport {
        Transport::Wss => over_web_socket(endpoint, trust, token, incoming, outgoing).await?,
        Transport::Https => over_http(endpoint, trust, token, incoming, outgoing).await?,
    }
    Ok(Exit::Ok)
}
