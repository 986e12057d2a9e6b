//! Checks the claims of the shipped diagrams at resolutions that would take too long in the tests. It prints each claim
//! that fails, and exits with status 1 if any fails. `cargo bench --bench claims` takes about a minute on two cores.

use std::process::ExitCode;
use std::time::Instant;

use carom::check::{Script, check, setting};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Claim, Control, Options, Setup};
use carom::shipped::SHIPPED;
use carom::source::SourceMap;

/// Points per side; the tests cover 11, 21 and 51.
const RESOLUTIONS: [u32; 2] = [101, 201];

#[expect(clippy::print_stdout, reason = "a bench reports on standard output")]
fn main() -> ExitCode {
    let mut all = true;
    for shipped in SHIPPED {
        for points in RESOLUTIONS {
            for (name, seconds, claims) in diagrams(shipped.name, points) {
                let failed: Vec<&Claim> = claims.iter().filter(|c| !c.holds).collect();
                let (held, count) = (claims.len() - failed.len(), claims.len());
                println!(
                    "{} {name}, {points} × {points} points: {held} of {count} claims hold, {seconds:.1} s",
                    shipped.name
                );
                failed.iter().for_each(|c| println!("  ✗ {}   {}", c.text, c.measured));
                all &= failed.is_empty();
            }
        }
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Name, seconds and claims of each diagram of a protocol at `points` points per side. Empty if the protocol has no
/// parameter `points`.
fn diagrams(protocol: &str, points: u32) -> Vec<(String, f64, Vec<Claim>)> {
    let mut sources = SourceMap::new();
    let script = Script::shipped(protocol).expect("a shipped protocol");
    let program = check(&script, &mut sources).expect("a correct script");
    let Some(param) = program.params.iter().find(|p| p.name.text == "points").filter(|p| p.name.own) else {
        return Vec::new();
    };
    let text = format!("{} = {points}", param.name.text);
    let points = setting(&text, &program, &mut sources).expect("a number of points");
    let options = Options { settings: vec![points], ..Options::default() };
    let grids = program.experiments.iter().filter(|e| e.name.own && e.sweep.len() == 2);
    let measured = grids.map(|e| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 0 };
        let start = Instant::now();
        let swept = Sweep::new(Setup::new(&program, e, &options, &sources))
            .and_then(|sweep| sweep.run(keeping, &Control::none()));
        (e.name.text.clone(), start.elapsed().as_secs_f64(), swept.expect("it runs").claims)
    });
    measured.collect()
}
