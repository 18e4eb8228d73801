//! `lagerd export`: what the daemon holds, as a file other programs read.
//!
//! It pages through the public stock list, so it needs no more memory for a million SKUs than for ten, and a
//! long export never blocks the daemon. The pages are not one snapshot: each is true at the moment it was read.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{Client, Level, SkuStock, Target};

/// SKUs per page: few round trips, and still small answers.
const PAGE: u32 = 500;

/// Options of `lagerd export`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  lagerd export stock > stock.csv")]
pub struct ExportArgs {
    /// What is exported.
    #[command(subcommand)]
    pub what: ExportWhat,
}

/// What can be exported.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ExportWhat {
    /// Write levels to CSV or JSON Lines, one line per SKU and warehouse
    Stock(ExportStockArgs),
}

/// Options of `lagerd export stock`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd export stock > stock.csv\n  \
    lagerd export stock --format jsonl --output stock.jsonl --warehouse BER\n\n\
    The columns sku, warehouse and on_hand can be imported again as a count. A token needs the scope read:*.\n\
    Pages are read one after the other: each line was true when it was read, they are not one snapshot.\n\
    Exit codes: 0 complete, 69 the daemon can't be used.")]
pub struct ExportStockArgs {
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// How lines are written.
    #[arg(long, value_enum, default_value = "csv")]
    pub format: Format,
    /// Only this warehouse.
    #[arg(long, value_name = "ID")]
    pub warehouse: Option<String>,
    /// Writes to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated, with a line of column names.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// One exported line.
#[derive(Debug, serde::Serialize)]
struct Line<'a> {
    sku: &'a str,
    warehouse: &'a str,
    on_hand: i64,
    damaged: i64,
    quality_control: i64,
    quarantine: i64,
    reserved: i64,
    allocated: i64,
    safety_stock: i64,
}

impl<'a> Line<'a> {
    fn new(sku: &'a str, level: &'a Level) -> Self {
        Self {
            sku,
            warehouse: &level.warehouse,
            on_hand: level.on_hand,
            damaged: level.unavailable.damaged,
            quality_control: level.unavailable.quality_control,
            quarantine: level.unavailable.quarantine,
            reserved: level.reserved,
            allocated: level.allocated,
            safety_stock: level.safety_stock,
        }
    }
}

/// Exports page by page.
///
/// # Errors
/// The daemon can't be read, or the output can't be written.
pub async fn run(args: ExportArgs) -> Result<Exit, Failure> {
    let ExportWhat::Stock(args) = args.what;
    match &args.output {
        Some(path) => {
            let file =
                std::fs::File::create(path).map_err(|e| format!("can't write {}: {e}", path.display()))?;
            export(&args, std::io::BufWriter::new(file)).await
        }
        None => export(&args, std::io::BufWriter::new(std::io::stdout())).await,
    }
}

async fn export(args: &ExportStockArgs, mut out: impl Write) -> Result<Exit, Failure> {
    let target = Arc::new(Target::new(&args.url, args.token.as_deref())?);
    let mut client = Client::new(target, Duration::from_secs(30)).with_patience(Duration::from_secs(10));
    if args.format == Format::Csv {
        let header =
            "sku,warehouse,on_hand,damaged,quality_control,quarantine,reserved,allocated,safety_stock";
        writeln!(out, "{header}")?;
    }
    let mut after = None;
    loop {
        let page = client.stock_page(after.as_deref(), PAGE).await?;
        for item in &page.items {
            write_levels(&mut out, args, item)?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn write_levels(out: &mut impl Write, args: &ExportStockArgs, item: &SkuStock) -> Result<(), Failure> {
    let wanted = |level: &&Level| args.warehouse.as_ref().is_none_or(|only| *only == level.warehouse);
    for level in item.levels.iter().filter(wanted) {
        let line = Line::new(&item.sku, level);
        match args.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut *out, &line)?;
                writeln!(out)?;
            }
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
                writer.serialize(&line)?;
                out.write_all(&writer.into_inner().map_err(|error| error.to_string())?)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::fake;

    /// All pages are read, awkward SKUs survive both formats, and a warehouse can be chosen.
    #[tokio::test]
    async fn pages_and_formats() {
        let url = fake::serve(|asked| {
            let item = |sku: &str| {
                format!(
                    "{{\"sku\":{sku:?},\"levels\":[{{\"warehouse\":\"BER\",\"on_hand\":3,\"reserved\":1}},\
                     {{\"warehouse\":\"VIE\",\"on_hand\":-1}}]}}"
                )
            };
            Some(match asked.path.as_str() {
                "/v1/stock?limit=500" => {
                    (200, format!("{{\"items\":[{}],\"next\":\"a b\"}}", item("A,\\\"1")))
                }
                "/v1/stock?limit=500&after=a%20b" => (200, format!("{{\"items\":[{}]}}", item("Ü"))),
                other => panic!("unexpected {other}"),
            })
        })
        .await;
        let mut args = ExportStockArgs {
            url,
            token: None,
            format: Format::Csv,
            warehouse: Some("BER".into()),
            output: None,
        };
        let mut out = Vec::new();
        export(&args, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["\"A,\\\"\"1\",BER,3,0,0,0,1,0,0", "Ü,BER,3,0,0,0,1,0,0"]);

        args = ExportStockArgs { format: Format::Jsonl, warehouse: None, ..args };
        let mut out = Vec::new();
        export(&args, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 4);
        assert!(text.contains("{\"sku\":\"Ü\",\"warehouse\":\"VIE\",\"on_hand\":-1,"), "{text}");
    }
}
