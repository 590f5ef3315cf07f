//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::floor::FloorKind;

/// Measures the governed call beside bare servers, in interleaved rounds on this machine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub measure: Measure,
}

/// What is measured and how long.
#[derive(Debug, Args)]
pub struct Measure {
    /// Rounds; each figure is the median over them
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Seconds of one row in one round
    #[arg(long, value_name = "S", default_value_t = 1.5, value_parser = seconds)]
    pub seconds: f64,
    /// Numbers of connections, each with one call under way
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1,16,64",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub connections: Vec<u32>,
    /// WebSockets that are opened and left alone, to see what one costs in memory; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(0..=16_000))]
    pub idle_sockets: u32,
    /// Only the rows whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// The `secure-mcp` to measure; without it the one beside this program, built first under cargo
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// A folder on the disk that the log is measured on
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    pub disk: PathBuf,
    /// A folder in memory, for the row without a disk
    #[arg(long, value_name = "DIR", default_value = "/dev/shm")]
    pub memory: PathBuf,
    /// Print one JSON object in place of the tables
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Only what policy's answers cost by themselves, without a server
    Decisions,
    /// One of the servers that are measured beside the product; ends with its standard input
    #[command(hide = true)]
    Floor {
        /// Which
        kind: FloorKind,
        /// Where a hop passes its calls on to
        #[arg(long)]
        upstream: Option<SocketAddr>,
    },
}

/// Shorter than this the clock ticks of `/proc` are too coarse.
const MIN_SECONDS: f64 = 0.5;
const MAX_SECONDS: f64 = 600.0;

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if (MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("between {MIN_SECONDS} and {MAX_SECONDS}"))
    }
}
