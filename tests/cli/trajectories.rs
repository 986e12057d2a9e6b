//! Trajectories and inputs: files, seeds, journals.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Place, carom, rows};

const MODEL: &str = "
param σ = 0.1
system s = |+>
step {
    let φ = normal(0, σ)
    apply RZ(s, φ)
    with probability 0.1 { apply Z(s) }
}
observe x = <X(s)>
experiment noise \"Random phases\" {
    run 12
    trajectories 300 seed 7
    expect last(x) < 1
    plot { line x; line trajectory(x, 2) dotted }
}
experiment long {
    run 60
    trajectories 1000
}
";

fn place() -> Place {
    let place = Place::new();
    place.write("m.carom", MODEL);
    place
}

#[test]
fn files_hold_means_and_errors_and_run_json_the_seed() {
    let place = place();
    let said = place.carom(&["run", "m.carom", "noise"]).ends(0);
    for words in ["mean of 300 trajectories, seed 7", "random numbers of the step, `with probability`", "x = ", " ± "]
    {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    let text = place.read("out/m/noise/series.csv");
    assert_eq!(text.lines().next(), Some("n,x,stderr(x),\"trajectory(x, 2)\""));
    let table = rows(&text);
    let first: f64 = table[1][1].parse().expect("a number");
    assert!((first - 1.0).abs() < 1e-15, "{first}");
    assert_eq!((table.len(), table[1][2].as_str()), (14, "0"));
    let json = place.json("out/m/noise/run.json");
    assert_eq!((json["seed"].as_u64(), json["trajectories"].as_u64()), (Some(7), Some(300)));
    assert!(place.read("out/m/noise/plot.svg").contains("fill-opacity=\"0.25\""), "a band of one standard error");
    assert!(!place.path("out/m/noise/noise.journal").exists());
    // The figure is drawn again from the files.
    let drawn = place.read("out/m/noise/plot.svg");
    place.carom(&["plot", "out/m/noise"]).ends(0);
    assert_eq!(place.read("out/m/noise/plot.svg"), drawn);
}

#[test]
fn a_sweep_says_what_each_point_samples() {
    let place = place();
    let said = place.carom(&["run", "m.carom", "noise", "--no-plots", "--sweep", "σ = [0.1, 0.2]"]).ends(0);
    let line = "each point: mean of 300 trajectories, seed 7; sampled: random numbers of the step, `with probability`";
    assert!(said.out.contains(line), "{}", said.out);
    let json = place.json("out/m/noise/run.json");
    assert_eq!((json["seed"].as_u64(), json["trajectories"].as_u64()), (Some(7), Some(300)));
    assert_eq!(json["sampled"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_seed_on_the_command_line_takes_precedence() {
    let place = place();
    let series = |out: &str, args: &[&str]| {
        place.carom(&[&["run", "m.carom", "noise", "--no-plots", "--out", out], args].concat()).ends(0);
        place.read(&format!("{out}/noise/series.csv"))
    };
    let one = series("1", &["--threads", "1"]);
    assert_eq!(series("2", &["--threads", "2"]), one);
    assert_eq!(series("7", &["--seed", "7"]), one);
    assert_ne!(series("8", &["--seed", "8"]), one);
    assert_eq!(place.json("8/noise/run.json")["seed"].as_u64(), Some(8));
}

#[test]
fn killed_trajectories_are_continued_to_the_same_file() {
    let place = place();
    let run = ["run", "m.carom", "long", "--no-plots", "--out"];
    place.carom(&[&run[..], &["whole"]].concat()).ends(0);
    let mut command = Command::new(carom());
    command.args(run).args(["o", "--threads", "1"]).current_dir(place.path(""));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (begin, journal) = (Instant::now(), place.path("o/long/long.journal"));
    while std::fs::metadata(&journal).map_or(0, |m| m.len()) < 30_000 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no journal appears");
        sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(journal.exists(), "it finished before it was stopped");
    let said = place.carom(&[&run[..], &["o", "--resume"]].concat()).ends(0);
    assert!(said.out.contains("of them from the journal"), "{}", said.out);
    assert_eq!(place.read("o/long/series.csv"), place.read("whole/long/series.csv"));
}

#[test]
fn run_json_names_the_input_and_its_hash() {
    let place = Place::new();
    place.write(
        "m.carom",
        "input u = \"drive.csv\" column \"u\"\nsystem s = |0>\nstep { apply RX(s, u(n)) }\nobserve z = <Z(s)>\n\
         experiment t { run 3 }\nexperiment late { run 5 until z < 0 }\n",
    );
    place.write("drive.csv", "u\n0.5\n0.25\n0.125\n");
    place.carom(&["run", "m.carom", "t", "--no-plots"]).ends(0);
    let before = place.json("out/m/t/run.json");
    assert_eq!(before["inputs"]["u"]["file"], "drive.csv");
    place.write("drive.csv", "u\n0.5\n0.25\n0.25\n");
    place.carom(&["run", "m.carom", "t", "--no-plots"]).ends(0);
    let after = place.json("out/m/t/run.json");
    assert_ne!(before["inputs"]["u"]["sha256"], after["inputs"]["u"]["sha256"]);
    assert_ne!(before["sha256"], after["sha256"]);
    place.carom(&["run", "m.carom", "t", "--collisions", "4"]).refuses(3, &["E432", "`u` has 3 values", "u(4)"]);
    // With `until`, the run may end before the data do.
    place.carom(&["run", "m.carom", "late", "--no-plots"]).refuses(4, &["E432", "at collision 4"]);
}

#[test]
fn a_saved_file_holds_every_trajectory() {
    let place = place();
    let text = "use m\nexperiment few { run 2; trajectories 3\n  let t = trajectory(x, 3)\n  save \"all.csv\" x; save \"one.csv\" t }\n";
    place.write("few.carom", text);
    place.carom(&["run", "few.carom", "few", "--no-plots"]).ends(0);
    let table = rows(&place.read("out/few/few/all.csv"));
    assert_eq!(table[0], ["trajectory", "n", "x"]);
    let places: Vec<(&str, &str)> = table[1..].iter().map(|r| (r[0].as_str(), r[1].as_str())).collect();
    assert_eq!(places[..4], [("1", "0"), ("1", "1"), ("1", "2"), ("2", "0")]);
    let single = rows(&place.read("out/few/few/one.csv"));
    assert_eq!((table.len(), single.len()), (10, 4));
    assert!((1..4).all(|n| table[6 + n][2] == single[n][1]), "{table:?} {single:?}");
    // 10⁹ trajectories do not fit.
    place.write("few.carom", text.replace("trajectories 3", "trajectories 1000000000"));
    place.carom(&["run", "few.carom", "few", "--no-plots"]).refuses(4, &["E603", "1000000000 trajectories"]);
}
