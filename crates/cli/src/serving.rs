//! A server that this process runs: up, announced in its data directory, down again.

use crate::server_file::ServerFile;
use crate::{ChangedPolicy, Failure, Running, Server};
use settings::Settings;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// A running server and its announcement.
pub(crate) struct Up {
    pub(crate) running: Running,
    pub(crate) file: ServerFile,
    data_dir: PathBuf,
}

impl Up {
    /// Starts the server and writes `server.json`.
    pub(crate) async fn start(
        server: &dyn Server,
        settings: Settings,
        changed: ChangedPolicy,
    ) -> Result<Self, Failure> {
        let data_dir = settings.server.data_dir.clone();
        let running = server.start(settings, changed).await?;
        let file = ServerFile::of(&running);
        let up = Self { running, file, data_dir };
        match up.file.write(&up.data_dir) {
            Ok(()) => Ok(up),
            Err(failure) => {
                up.stop().await?;
                Err(failure)
            }
        }
    }

    /// Where the server keeps its state.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Serves until the process is told to end, then stops.
    pub(crate) async fn until_told(mut self) -> Result<(), Failure> {
        let told = async {
            let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
            let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        let ended_by_itself = tokio::select! {
            () = told => false,
            _ = &mut self.running.ended => true,
        };
        if ended_by_itself {
            ServerFile::remove(&self.data_dir);
            return Err(Failure::usage(
                "server_ended",
                "the server ended by itself",
                "look at its log, then start it again",
            ));
        }
        self.stop().await
    }

    /// Lets calls in flight end and waits for the last record.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let _ended_already = self.running.stop.send(true);
        let ended = self.running.ended.await;
        ServerFile::remove(&self.data_dir);
        ended.map_err(|error| {
            Failure::usage("server_ended", format!("the server did not end well: {error}"), "look at its log")
        })
    }
}
