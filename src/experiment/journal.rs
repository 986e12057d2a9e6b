//! The journal of a sweep or of trajectories: finished parts are synced to disk within a second, and damage to the file loses only the
//! damaged records.
//!
//! Layout: a sequence of frames, each with a marker, the length of the payload, the payload, and a CRC-32. The first
//! two frames both hold the header, so that one damaged byte does not cost the run; every other frame holds a part.
//! After a frame that fails its checksum, reading continues at the next marker. Before the work is resumed, the
//! recovered records are rewritten, so that a journal never has damage in the middle.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::Setup;
use super::remarks::{self, Remark};
use crate::storage::{FileError, fingerprint, read_regular, write_file};

const MARKER: [u8; 4] = *b"\xC4crm";
/// The largest payload in bytes. A payload holds one part: a few numbers, or the series of one run.
const MAX_PAYLOAD: usize = 1 << 30;
/// The most points between two syncs.
const SYNC_POINTS: usize = 1000;
/// The longest time between two syncs, checked when a point is appended.
const SYNC_TIME: Duration = Duration::from_secs(1);

/// The format of the records, raised with every change of what a [`Record`] holds. Format 2 added the scale of each series
/// and the `let`s that are numbers or booleans, in a sweep without `collect`; format 3 added the warnings to every record.
pub const FORMAT: u64 = 3;

/// The header, which identifies the work that a journal belongs to. Its parts are compared separately, so that a
/// refusal can say which one differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Version of Carom.
    pub version: String,
    /// Format of the records.
    pub format: u64,
    /// SHA-256 of the expanded script.
    pub script: String,
    /// SHA-256 of the parameters, number of collisions and backend.
    pub parameters: String,
    /// SHA-256 of the grid, or of the number and seed of the trajectories.
    pub grid: String,
}

impl Head {
    /// The header of a setup with these parameters and whatever else its numbers depend on; `parts` describes what it is
    /// divided into. Command-line options enter through both.
    pub(super) fn of(setup: Setup<'_>, parameters: impl Iterator<Item = (String, String)>, parts: &str) -> Self {
        let Setup { program, experiment, options, sources } = setup;
        let text: String = sources.files().filter(|f| !f.is_option()).map(|f| &*f.text).collect();
        let backend = ("backend".to_string(), options.backend.name().to_string());
        let parameters: Vec<_> = parameters.chain([backend]).chain(program.input_hashes()).collect();
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            format: FORMAT,
            script: fingerprint(&text, &[("experiment".into(), experiment.name.text.clone())]),
            parameters: fingerprint("", &parameters),
            grid: fingerprint(parts, &[]),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let Self { version, format, script, parameters, grid } = self;
        json!({"version": version, "format": format, "script": script, "parameters": parameters, "grid": grid})
            .to_string()
            .into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let json: Json = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| Some(json.get(key)?.as_str()?.to_string());
        Some(Self {
            version: text("version")?,
            // The first format did not say so.
            format: json.get("format").map_or(Some(1), Json::as_u64)?,
            script: text("script")?,
            parameters: text("parameters")?,
            grid: text("grid")?,
        })
    }

    /// The first difference from another header, in words, or `None` if they are the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        if (&self.version, self.format) != (&other.version, other.format) {
            Some("another version of carom")
        } else if self.script != other.script {
            Some("another script")
        } else if self.parameters != other.parameters {
            Some("other parameters, collisions or backend")
        } else if self.grid != other.grid {
            Some("another grid, or other trajectories")
        } else {
            None
        }
    }
}

/// The result of one part: of a point of a sweep, or of some trajectories.
#[derive(Debug, Clone)]
pub struct Record {
    /// Index of the point in the grid, or of the part.
    pub point: usize,
    /// The computed values, bit for bit; NaN is missing.
    pub values: Vec<f64>,
    /// The warnings of its runs.
    pub(super) remarks: Vec<Remark>,
    /// Why values are missing; empty if none is.
    pub reason: String,
}

impl Record {
    fn to_bytes(&self) -> Vec<u8> {
        let remarks = remarks::to_text(&self.remarks);
        let mut out = Vec::with_capacity(24 + 8 * self.values.len() + remarks.len() + self.reason.len());
        out.extend((self.point as u64).to_le_bytes());
        out.extend((self.values.len() as u64).to_le_bytes());
        self.values.iter().for_each(|v| out.extend(v.to_bits().to_le_bytes()));
        out.extend((remarks.len() as u64).to_le_bytes());
        out.extend(remarks.as_bytes());
        out.extend(self.reason.as_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let (point, count) = (usize::try_from(word(0)?).ok()?, usize::try_from(word(8)?).ok()?);
        if count > bytes.len() / 8 {
            return None;
        }
        let values = (0..count).map(|i| word(16 + 8 * i).map(f64::from_bits)).collect::<Option<Vec<_>>>()?;
        let length = usize::try_from(word(16 + 8 * count)?).ok()?;
        let (remarks, reason) = bytes[24 + 8 * count..].split_at_checked(length)?;
        let remarks = remarks::from_text(std::str::from_utf8(remarks).ok()?)?;
        Some(Self { point, values, remarks, reason: String::from_utf8(reason.to_vec()).ok()? })
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 12);
    out.extend(MARKER);
    out.extend(u32::try_from(payload.len()).expect("below MAX_PAYLOAD").to_le_bytes());
    out.extend(payload);
    out.extend(crc32fast::hash(&out).to_le_bytes());
    out
}

/// The payloads of all undamaged frames.
fn frames(bytes: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let mut at = 0;
    while at + 12 <= bytes.len() {
        match one_frame(&bytes[at..]) {
            Some(payload) => {
                out.push(payload);
                at += payload.len() + 12;
            }
            None => at += 1,
        }
    }
    out
}

fn one_frame(bytes: &[u8]) -> Option<&[u8]> {
    if bytes[..4] != MARKER {
        return None;
    }
    let len = u32::from_le_bytes(bytes[4..8].try_into().ok()?) as usize;
    if len > MAX_PAYLOAD {
        return None;
    }
    let end = 8 + len;
    let crc = u32::from_le_bytes(bytes.get(end..end + 4)?.try_into().ok()?);
    (crc32fast::hash(&bytes[..end]) == crc).then(|| &bytes[8..end])
}

/// What a journal on disk holds.
#[derive(Debug)]
pub struct Recovered {
    /// The header; `None` if both copies are damaged.
    pub head: Option<Head>,
    /// All undamaged points, in the order in which they finished.
    pub records: Vec<Record>,
}

/// Reads a journal, skipping damaged frames.
///
/// # Errors
/// The file cannot be read, or is not a regular file.
pub fn read(path: &Path) -> io::Result<Recovered> {
    let bytes = read_regular(path)?;
    let payloads = frames(&bytes);
    let head = payloads.iter().take(2).find_map(|p| Head::from_bytes(p));
    let records =
        payloads.iter().filter(|p| Head::from_bytes(p).is_none()).filter_map(|p| Record::from_bytes(p)).collect();
    Ok(Recovered { head, records })
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    unsynced: usize,
    synced: Instant,
}

impl Journal {
    /// Creates a journal with the records that are already known, replacing any existing file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path, head: &Head, known: &[Record]) -> Result<Self, FileError> {
        write_file(path, |w| {
            w.write_all(&frame(&head.to_bytes()))?;
            w.write_all(&frame(&head.to_bytes()))?;
            known.iter().try_for_each(|r| w.write_all(&frame(&r.to_bytes())))
        })?;
        let file = OpenOptions::new().append(true).open(path).map_err(|e| FileError::new(path, e))?;
        Ok(Self { file, path: path.to_path_buf(), unsynced: 0, synced: Instant::now() })
    }

    /// Appends a point. Points are synced to disk after a second or a thousand points, whichever comes first.
    ///
    /// # Errors
    /// The file cannot be written, for example because the disk is full. Earlier records stay.
    pub fn append(&mut self, record: &Record) -> Result<(), FileError> {
        self.file.write_all(&frame(&record.to_bytes())).map_err(|e| FileError::new(&self.path, e))?;
        self.unsynced += 1;
        if self.unsynced >= SYNC_POINTS || self.synced.elapsed() >= SYNC_TIME {
            self.sync()?;
        }
        Ok(())
    }

    /// Syncs all appended points to disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync_data().map_err(|e| FileError::new(&self.path, e))?;
        self.unsynced = 0;
        self.synced = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic};

    fn head() -> Head {
        Head { version: "1".into(), format: FORMAT, script: "s".into(), parameters: "p".into(), grid: "g".into() }
    }

    fn records() -> Vec<Record> {
        (0..5)
            .map(|i| Record {
                point: i,
                values: vec![0.1 * i as f64, f64::NAN],
                remarks: (0..i).map(|k| Diagnostic::nowhere(Code::NeverSelected, format!("{k}")).into()).collect(),
                reason: if i == 3 { "why".into() } else { String::new() },
            })
            .collect()
    }

    fn written(dir: &Path) -> (PathBuf, Vec<u8>) {
        let path = dir.join("j");
        let mut journal = Journal::create(&path, &head(), &[]).unwrap();
        records().iter().for_each(|r| journal.append(r).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    }

    fn same(a: &Record, b: &Record) -> bool {
        a.to_bytes() == b.to_bytes()
    }

    #[test]
    fn records_are_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = written(dir.path());
        let back = read(&path).unwrap();
        assert_eq!(back.head, Some(head()));
        assert!(back.records.iter().zip(records()).all(|(a, b)| same(a, &b)));
        assert_eq!(back.records.len(), 5);
    }

    #[test]
    fn truncation_at_any_byte_keeps_the_complete_records() {
        let dir = tempfile::tempdir().unwrap();
        let (path, bytes) = written(dir.path());
        let heads = 2 * frame(&head().to_bytes()).len();
        for len in 0..bytes.len() {
            std::fs::write(&path, &bytes[..len]).unwrap();
            let back = read(&path).unwrap();
            let mut end = heads;
            let all = records();
            let whole = all.iter().take_while(|r| {
                end += frame(&r.to_bytes()).len();
                end <= len
            });
            assert_eq!(back.records.len(), whole.count(), "cut at {len}");
            assert_eq!(back.head.is_some(), len >= heads / 2, "cut at {len}");
        }
    }

    #[test]
    fn a_flipped_byte_anywhere_costs_at_most_its_own_record() {
        let dir = tempfile::tempdir().unwrap();
        let (path, bytes) = written(dir.path());
        let heads = 2 * frame(&head().to_bytes()).len();
        for at in 0..bytes.len() {
            for bit in [0x01, 0x80] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bit;
                std::fs::write(&path, &damaged).unwrap();
                let back = read(&path).unwrap();
                assert_eq!(back.head, Some(head()), "flipped at {at}");
                assert_eq!(back.records.len(), if at < heads { 5 } else { 4 }, "flipped at {at}");
                assert!(back.records.iter().all(|r| same(r, &records()[r.point])), "flipped at {at}");
            }
        }
    }
}
