//! The file as a stream of lines, CSV or JSON Lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use super::kind::{Bad, Kind};
use crate::cli::Failure;

/// One line of the file.
#[derive(Debug)]
pub(super) struct Row {
    /// Its number as an editor shows it, from 1.
    pub(super) line: u64,
    /// Bytes of the file read so far, for the progress bar.
    pub(super) at: u64,
    /// The line as it can be written to a file of rejects.
    pub(super) raw: String,
    pub(super) parsed: Result<Record, Bad>,
}

/// A line that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// A CSV file's: columns and texts, in the same order.
    Fields(Arc<[String]>, Vec<String>),
    /// A JSON object.
    Object(serde_json::Map<String, serde_json::Value>),
}

impl Record {
    /// A CSV field's text without blanks around it; `None` where it is empty, and of an object.
    pub(super) fn field(&self, column: &str) -> Option<&str> {
        let Self::Fields(columns, texts) = self else { return None };
        let index = columns.iter().position(|name| name == column)?;
        texts.get(index).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

/// A file opened for import.
pub(super) enum Source {
    Csv(Box<CsvSource>),
    Json(JsonSource),
}

impl Source {
    /// Opens the file; its name tells the format.
    ///
    /// # Errors
    /// It can't be read, or its first line names no usable columns.
    pub(super) fn open(path: &Path, kind: &impl Kind) -> Result<Self, Failure> {
        let file = File::open(path)?;
        if is_json(path) {
            return Ok(Self::Json(JsonSource { reader: BufReader::new(file), line: 0, at: 0 }));
        }
        Ok(Self::Csv(Box::new(CsvSource::open(file, kind)?)))
    }

    /// The line a file of rejects starts with.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Self::Csv(csv) => Some(&csv.header),
            Self::Json(_) => None,
        }
    }

    /// Columns of the file that mean nothing here.
    pub(super) fn ignored(&self) -> &[String] {
        match self {
            Self::Csv(csv) => &csv.ignored,
            Self::Json(_) => &[],
        }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// The file can't be read on.
    pub(super) fn next(&mut self) -> Result<Option<Row>, Failure> {
        match self {
            Self::Csv(csv) => csv.next(),
            Self::Json(json) => json.next(),
        }
    }
}

/// Whether a file's name says that it has one object a line.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext == "jsonl" || ext == "ndjson")
}

/// CSV with a header line.
pub(super) struct CsvSource {
    reader: csv::Reader<BufReader<File>>,
    record: csv::ByteRecord,
    columns: Arc<[String]>,
    header: String,
    ignored: Vec<String>,
    /// The reader ends a record at the carriage return, so the record behind it starts one line early.
    crlf: bool,
}

impl CsvSource {
    fn open(file: File, kind: &impl Kind) -> Result<Self, Failure> {
        let mut input = BufReader::new(file);
        let (delimiter, crlf) = dialect(input.fill_buf()?);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(input);
        let mut record = csv::ByteRecord::new();
        if !reader.read_byte_record(&mut record)? {
            return Err("the file is empty; its first line must name the columns".into());
        }
        let columns: Vec<String> = record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_lowercase())
            .collect();
        kind.usable(&columns)?;
        if let Some(twice) =
            columns.iter().find(|name| columns.iter().filter(|other| other == name).count() > 1)
        {
            return Err(format!("the first line names column {twice} twice").into());
        }
        let known = kind.columns();
        let ignored = columns.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        let header = columns.join(",");
        Ok(Self { reader, record, columns: columns.into(), header, ignored, crlf })
    }

    fn next(&mut self) -> Result<Option<Row>, Failure> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line) + u64::from(self.crlf);
        let parsed = self.parse();
        Ok(Some(Row { line, at: self.reader.position().byte(), raw: self.raw()?, parsed }))
    }

    fn parse(&self) -> Result<Record, Bad> {
        if self.record.len() != self.columns.len() {
            let (found, wanted) = (self.record.len(), self.columns.len());
            return Err(Bad::line(format!("has {found} fields, the first line names {wanted} columns")));
        }
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
        let texts: Result<Vec<String>, _> = self.record.iter().map(text).collect();
        let texts = texts.map_err(|_| Bad::line("is not UTF-8; save the file as UTF-8"))?;
        Ok(Record::Fields(Arc::clone(&self.columns), texts))
    }

    fn raw(&self) -> Result<String, Failure> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_byte_record(&self.record)?;
        let bytes = writer.into_inner().map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}

/// The separator that stands most often in the first line (spreadsheets of many countries write semicolons), and
/// whether lines end with a carriage return too.
fn dialect(start: &[u8]) -> (u8, bool) {
    let first = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|&&byte| byte == wanted).count();
    let separator = [b';', b'\t']
        .into_iter()
        .fold(b',', |best, next| if count(next) > count(best) { next } else { best });
    (separator, first.ends_with(b"\r"))
}

/// One JSON object a line.
pub(super) struct JsonSource {
    reader: BufReader<File>,
    line: u64,
    at: u64,
}

impl JsonSource {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        loop {
            let mut bytes = Vec::new();
            let read = self.reader.read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.at += u64::try_from(read)?;
            let raw = String::from_utf8_lossy(&bytes).trim().to_owned();
            if raw.is_empty() {
                continue;
            }
            let parsed = match std::str::from_utf8(&bytes) {
                Ok(_) => serde_json::from_str(&raw).map(Record::Object).map_err(is_no_object),
                Err(_) => Err(Bad::line("is not UTF-8; save the file as UTF-8")),
            };
            return Ok(Some(Row { line: self.line, at: self.at, raw, parsed }));
        }
    }
}

/// Where it goes wrong, and nothing of what stands there: it may be of a person.
fn is_no_object(error: serde_json::Error) -> Bad {
    let why = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "another value stands there",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it can't be read",
    };
    Bad::line(format!("is no JSON object: {why}, column {}", error.column()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use clap::Parser;

    use super::super::args::{ImportArgs, ImportWhat};
    use super::super::count::Entry;
    use super::super::stock::Stock;
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        import: ImportArgs,
    }

    fn rows(name: &str, content: &[u8]) -> Result<Vec<Row>, Failure> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join(name);
        File::create(&path)?.write_all(content)?;
        let ImportWhat::Stock(args) = Line::parse_from(["import", "stock", "x"]).import.what else {
            panic!("stock was asked for")
        };
        let mut source = Source::open(&path, &Stock::new(args)?)?;
        let mut rows = Vec::new();
        while let Some(row) = source.next()? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn told(row: &Row) -> Result<Entry, String> {
        row.parsed.clone().and_then(|record| Entry::read(&record, Some("BER"))).map_err(|bad| bad.told)
    }

    /// What spreadsheets write is read: byte order mark, semicolons, CRLF, quoted line breaks; line numbers stay
    /// those of an editor.
    #[test]
    fn csv_as_written_by_spreadsheets() {
        let content = "\u{feff}SKU;Warehouse;on_hand;Titel\r\nA;BER;1;x\r\n\"B\"\"1\";BER;2;\"zwei\r\nZeilen\"\r\nC;BER;3;z\r\n";
        let rows = rows("stock.csv", content.as_bytes()).unwrap();
        let read: Vec<(u64, String)> = rows.iter().map(|row| (row.line, told(row).unwrap().sku)).collect();
        assert_eq!(read, [(2, "A".to_owned()), (3, "B\"1".to_owned()), (5, "C".to_owned())]);
    }

    /// Wrong lines are rows like others, so the rest of the file is read on.
    #[test]
    fn csv_with_wrong_lines() {
        let rows = rows("stock.csv", b"sku,warehouse,on_hand\nA,BER\nB,BER,\xff\nC,BER,3\n").unwrap();
        assert_eq!(told(&rows[0]).unwrap_err(), "has 2 fields, the first line names 3 columns");
        assert_eq!(told(&rows[1]).unwrap_err(), "is not UTF-8; save the file as UTF-8");
        assert_eq!(rows[2].raw, "C,BER,3");
        assert!(rows[2].parsed.is_ok());
    }

    /// A file whose columns can't be used is told at once, with what was found.
    #[test]
    fn csv_without_columns() {
        let told = rows("stock.csv", b"artikel,bestand\nA,1\n").unwrap_err().to_string();
        assert!(told.ends_with("found: artikel, bestand"), "{told}");
        assert!(rows("stock.csv", b"").is_err());
        assert!(rows("stock.csv", b"sku,sku,on_hand\n").is_err());
    }

    /// JSON Lines: numbers or text, blank lines skipped, wrong lines named.
    #[test]
    fn json_lines() {
        let content = b"{\"sku\":\"A\",\"warehouse\":\"BER\",\"on_hand\":4}\n\n{\"sku\":\"B\",\"on_hand\":[1]}\n{broken\n{\"sku\":\"C\",\"anzahl\":1}";
        let rows = rows("stock.jsonl", content).unwrap();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3, 4, 5]);
        assert!(told(&rows[0]).is_ok());
        assert_eq!(told(&rows[1]).unwrap_err(), "is neither text nor number");
        assert!(told(&rows[2]).unwrap_err().starts_with("is no JSON object"));
        assert!(told(&rows[3]).unwrap_err().starts_with("has an unknown key \"anzahl\""));
    }
}
