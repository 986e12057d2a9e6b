//! Inputs: columns of CSV files in the folder of a script.

use std::fs;
use std::path::Path;

use carom::check::{Program, Script, check};
use carom::diagnostic::{Code, Diagnostic};
use carom::experiment::{self, Control, Options, Setup};
use carom::source::SourceMap;

const MODEL: &str = "system s = |0>\nstep { apply RX(s, u(n)) }\nobserve z = <Z(s)>\n";

/// A folder with a script and a file of data.
fn folder(script: &str, data: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("model.carom"), script).expect("a file");
    fs::write(folder.path().join("drive.csv"), data).expect("a file");
    folder
}

fn checked(folder: &Path) -> (Result<Program, Vec<Diagnostic>>, SourceMap) {
    let mut sources = SourceMap::new();
    let script = Script::open(&folder.join("model.carom").display().to_string()).expect("it is there");
    (check(&script, &mut sources), sources)
}

/// Rotations about one axis add up: ⟨Z(n)⟩ = cos(u(1) + … + u(n)).
#[test]
fn a_step_reads_one_value_in_each_collision() {
    let values = [0.5, -0.25, 0.125, 1.0];
    let rows: String = values.iter().enumerate().map(|(i, x)| format!("{i},{x}\n")).collect();
    let script = format!("input u = \"drive.csv\" column \"amplitude\"\n{MODEL}experiment t {{ run 4 }}\n");
    let folder = folder(&script, &format!("t,amplitude\n{rows}"));
    let (program, sources) = checked(folder.path());
    let program = program.expect("it is correct");
    let options = Options::default();
    let run = experiment::run(Setup::new(&program, &program.experiments[0], &options, &sources), &Control::none());
    let z = run.expect("it runs").find_series("z").expect("it is observed").values;
    for (n, z) in z.iter().enumerate() {
        let angle: f64 = values[..n].iter().sum();
        assert!((z - angle.cos()).abs() < 1e-14, "n = {n}: {z}");
    }
    let longer = Options { collisions: Some(5), ..Options::default() };
    let errors =
        experiment::check(Setup::new(&program, &program.experiments[0], &longer, &sources)).expect_err("too short");
    assert_eq!(errors[0].code, Code::InputRange);
    assert!(errors[0].message.contains("`u` has 4 values, but this is u(5)"), "{}", errors[0].message);
}

/// The data are part of what a run depends on: another file has another fingerprint.
#[test]
fn the_fingerprint_of_the_data_is_known() {
    let script = format!("input u = \"drive.csv\" column \"u\"\n{MODEL}");
    let hash = |data: &str| checked(folder(&script, data).path()).0.expect("correct").inputs[0].sha256.clone();
    assert_eq!(hash("u\n1\n"), hash("u\n1\n"));
    assert_ne!(hash("u\n1\n"), hash("u\n1 \n"));
}

#[cfg(unix)]
#[test]
fn a_link_cannot_lead_out_of_the_folder() {
    let script = format!("input u = \"link.csv\" column \"u\"\n{MODEL}");
    let (folder, elsewhere) = (folder(&script, "u\n1\n"), folder("", "u\n1\n"));
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink(elsewhere.path().join("drive.csv"), &link).expect("a link");
    assert_eq!(checked(folder.path()).0.expect_err("outside")[0].code, Code::InputOutside);
    fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink(folder.path().join("drive.csv"), &link).expect("a link");
    checked(folder.path()).0.expect("inside");
}

#[test]
fn a_script_without_a_folder_has_no_inputs() {
    let script = Script::from_text("t", &format!("input u = \"drive.csv\" column \"u\"\n{MODEL}"));
    assert_eq!(check(&script, &mut SourceMap::new()).expect_err("no folder")[0].code, Code::CannotRead);
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let script = format!("input u = \"drive.csv\" column \"u\"\n{MODEL}");
    let folder = folder(&script, "");
    // A sparse file.
    fs::File::create(folder.path().join("drive.csv")).and_then(|f| f.set_len((1 << 26) + 1)).expect("a file");
    assert_eq!(checked(folder.path()).0.expect_err("too large")[0].code, Code::InputTooLarge);
}

/// The shipped data of `reservoir` are the maximum-length sequence u(k) = u(k−5) ⊕ u(k−9), which begins with nine ones. Any nine
/// of its bits in a row occur once in a period, but not nine zeros.
#[test]
fn the_shipped_sequence_has_its_largest_period() {
    let program = check(&Script::shipped("reservoir").expect("it is shipped"), &mut SourceMap::new());
    let program = program.expect("it is correct");
    let u = &program.inputs[0].values;
    let bit = |k: usize| u[k % 511].to_bits();
    let (zero, one) = (0.0_f64.to_bits(), 1.0_f64.to_bits());
    assert!(u.len() == 511 && (0..9).all(|k| bit(k) == one));
    assert!((9..1022).all(|k| bit(k) == if bit(k - 5) == bit(k - 9) { zero } else { one }));
    let words: std::collections::BTreeSet<Vec<u64>> = (0..511).map(|k| (k..k + 9).map(bit).collect()).collect();
    assert_eq!((words.len(), words.contains(&vec![zero; 9])), (511, false));
}

/// A script without a file of its own reads the data of a shipped protocol, and a file in its folder comes first.
#[test]
fn a_file_in_the_folder_comes_before_shipped_data() {
    let script = format!("input u = \"reservoir.csv\" column \"u\"\n{MODEL}experiment t {{ run 4 }}\n");
    let folder = folder(&script, "");
    let shipped = checked(folder.path()).0.expect("the data are shipped").inputs[0].values.len();
    let from_text = check(&Script::from_text("model", &script), &mut SourceMap::new()).expect("the data are shipped");
    assert_eq!((shipped, from_text.inputs[0].values.len()), (511, 511));
    fs::write(folder.path().join("reservoir.csv"), "u\n0.5\n0.25\n").expect("a file");
    assert_eq!(checked(folder.path()).0.expect("a file is there").inputs[0].values[..], [0.5, 0.25]);
    let other = script.replace("column \"u\"", "column \"v\"");
    let errors = check(&Script::from_text("model", &other), &mut SourceMap::new()).expect_err("no such column");
    assert_eq!(errors[0].code, Code::InputColumn);
}
