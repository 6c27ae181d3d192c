//! A shop: `shop serve` runs it, `shop load` is its customers.

mod load;

use anyhow::Result;
use clap::{Parser, Subcommand};
use shop::app::{self, Options};

/// A small shop that shows what the crate flightdeck does.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the shop.
    Serve {
        /// The database, which gets the tables it lacks.
        #[arg(long, value_name = "URL")]
        database: String,
        /// A Redis that keeps prices; without one they are kept in memory.
        #[arg(long, value_name = "URL")]
        cache: Option<String>,
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
        listen: String,
    },
    /// Sends it customers.
    Load(load::Options),
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Serve { database, cache, listen } => {
            let listener = tokio::net::TcpListener::bind(&listen).await?;
            let address = listener.local_addr()?;
            println!("the shop is open at http://{address}");
            let deck = app::deck();
            deck.logs().init()?;
            let app = app::build(Options { database, cache, payment: address.to_string() }, &deck).await?;
            let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await?;
            deck.shutdown().await;
            Ok(())
        }
        Command::Load(options) => load::run(&options).await,
    }
}
