//! Protocols that use protocols.

use crate::support::{Place, SMALL};

const STEP: &str = "system s = |+>\nstep { evolve w*Z(s) for 0.1 }\nobserve x = <X(s)>\n";

#[test]
fn a_used_script_in_a_subfolder_finds_its_neighbours_first() {
    let place = Place::new();
    place.write("base.carom", "param w = 1\n");
    place.write("sub/base.carom", "param w = 2\n");
    place.write("sub/model.carom", format!("use base\n{STEP}"));
    place.write("main.carom", "use sub/model\nexperiment a { run 3 }\n");
    place.carom(&["run", "main.carom"]).ends(0);
    assert_eq!(place.json("out/main/a/run.json")["parameters"]["w"], 2);
}

#[test]
fn the_same_folder_comes_before_the_shipped_protocols() {
    let place = Place::new();
    place.write("karpat2019.carom", format!("param w = 3\n{STEP}"));
    place.write("main.carom", "use karpat2019\nexperiment a { run 3 }\n");
    place.carom(&["run", "main.carom"]).ends(0);
    assert_eq!(place.json("out/main/a/run.json")["parameters"]["w"], 3);
    place.write("elsewhere/main.carom", "use karpat2019\nredefine param λ = 0.2\nexperiment a { run 3 }\n");
    place.carom(&["run", "elsewhere/main.carom", "--out", "b"]).ends(0);
    assert_eq!(place.json("b/a/run.json")["parameters"]["λ"], 0.2);
}

#[test]
fn a_protocol_used_twice_is_loaded_once() {
    let place = Place::new();
    place.write("base.carom", "param w = 1\n");
    place.write("l.carom", "use base\nparam a = w\n");
    place.write("r.carom", "use base\nparam b = w\n");
    place.write("main.carom", format!("use l\nuse r\n{STEP}experiment e {{ run 2 }}\n"));
    place.carom(&["run", "main.carom"]).ends(0);
}

#[test]
fn a_cycle_is_shown() {
    let place = Place::new();
    place.write("a.carom", "use b\n");
    place.write("b.carom", "use c\n");
    place.write("c.carom", "use a\n");
    place.carom(&["check", "a.carom"]).refuses(3, &["E215", "a → b → c → a", "c.carom"]);
    place.write("self.carom", "use self\n");
    place.carom(&["check", "self.carom"]).refuses(3, &["E215", "self → self"]);
}

#[test]
fn use_cannot_leave_the_folder() {
    let place = Place::new();
    place.write("outside.carom", "param w = 1\n");
    for (text, words) in [
        ("use ../outside", "E101"),
        ("use /outside", "E101"),
        ("use sub/../../outside", "E101"),
        ("use \"../outside\"", "E101"),
    ] {
        place.write("in/main.carom", format!("{text}\n"));
        let said = place.carom(&["check", "in/main.carom"]).ends(3);
        assert!(said.err.contains(words) || said.err.contains("E216"), "{text}: {}", said.err);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let place = Place::new();
    place.write("outside.carom", "param w = 1\n");
    place.write("in/main.carom", "use link\n");
    std::os::unix::fs::symlink(place.path("outside.carom"), place.path("in/link.carom")).unwrap();
    place.carom(&["check", "in/main.carom"]).refuses(3, &["E216", "link"]);
    // A link to a folder outside is refused too.
    place.write("in/main.carom", "use there/outside\n");
    std::os::unix::fs::symlink(place.path(""), place.path("in/there")).unwrap();
    place.carom(&["check", "in/main.carom"]).refuses(3, &["E216", "there/outside"]);
    // A link to a neighbour stays inside.
    place.write("in/real.carom", "param w = 1\n");
    std::os::unix::fs::symlink(place.path("in/real.carom"), place.path("in/near.carom")).unwrap();
    place.write("in/main.carom", "use near\n");
    place.carom(&["check", "in/main.carom"]).ends(0);
}

#[test]
fn an_unknown_protocol_gets_the_nearest_name() {
    let place = Place::new();
    place.write("baths.carom", "param w = 1\n");
    place.write("main.carom", "use bahts\n");
    place.carom(&["check", "main.carom"]).refuses(3, &["E214", "did you mean `baths`?"]);
    place.write("main.carom", "use karpat2091\n");
    place.carom(&["check", "main.carom"]).refuses(3, &["E214", "did you mean `karpat2019`?"]);
}

#[test]
fn mistakes_of_a_used_protocol_are_shown_in_its_own_file() {
    let place = Place::new();
    place.write("sub/model.carom", "param w = 1\nparam v = q\n");
    place.write("main.carom", "use sub/model\n");
    place.carom(&["check", "main.carom"]).refuses(3, &["E201", "sub/model.carom:2", "`q`"]);
    place.write("sub/model.carom", "param w = = 1\n");
    place.carom(&["check", "main.carom"]).refuses(3, &["E101", "sub/model.carom:1"]);
    place.write("sub/model.carom", [0xff, 0xfe, 0x00]);
    place.carom(&["check", "main.carom"]).refuses(3, &["E106", "model.carom"]);
}

#[test]
fn used_experiments_run_by_name_only() {
    let place = Place::small();
    place.write("mine.carom", "use m\nexperiment own { run 4 }\n");
    place.carom(&["run", "mine.carom"]).ends(0);
    assert!(place.path("out/mine/own").exists() && !place.path("out/mine/short").exists());
    place.carom(&["run", "mine.carom", "short"]).ends(0);
    assert!(place.path("out/mine/short/series.csv").exists());
    place.write("none.carom", "use m\n");
    place.carom(&["run", "none.carom"]).refuses(3, &["E507", "short", "wrong"]);
}

#[test]
fn a_variation_changes_the_numbers_of_the_protocol_it_uses() {
    let place = Place::small();
    place.write("mine.carom", "use m\nredefine param g = 0.6\n");
    place.carom(&["run", "mine.carom", "short"]).ends(0);
    place.write("direct.carom", SMALL.replace("g = 0.3", "g = 0.6"));
    place.carom(&["run", "direct.carom", "short"]).ends(0);
    let [mine, direct] = ["mine", "direct"].map(|p| place.read(&format!("out/{p}/short/series.csv")));
    assert_eq!(mine, direct);
}

/// `karpat2019` with a different step, which records nothing.
const WITHOUT_RECORDS: &str = "\
use karpat2019
redefine step {
    evolve Hse(s1, e1) for δt
    evolve Hse(s2, e2) for δt
    evolve Hss + Hs1 + Hs2 for δt
    apply pswap(e2, e1')
    trace trace_out
}
experiment mine { run 20; expect last(x1) < 1 }
";

#[test]
fn inherited_experiments_that_no_longer_fit_are_set_aside() {
    let place = Place::new();
    place.write("mine.carom", WITHOUT_RECORDS);
    let ran = place.carom(&["run", "mine.carom"]).ends(0);
    assert!(ran.out.contains("✓ last(x1) < 1"), "{}", ran.out);
    assert_eq!(ran.err.matches("W005").count(), 2, "{}", ran.err);
    for words in ["`fig4a`", "`fig4b`", "there is no definition of `E`", "redefine experiment fig4a"] {
        assert!(ran.err.contains(words), "no {words} in:\n{}", ran.err);
    }
    assert_eq!(place.carom(&["run", "mine.carom", "--quiet"]).ends(0).err, "");
    place.carom(&["verify", "mine.carom"]).ends(0);
    assert!(place.carom(&["check", "mine.carom"]).ends(0).err.contains("W005"));
    // The other experiments remain.
    place.carom(&["run", "mine.carom", "fig2", "--collisions", "300", "--no-plots"]);
    assert!(place.path("out/mine/fig2/series.csv").exists());
    let listed = place.carom(&["list", "mine.carom"]).ends(0).out;
    let (fit, aside) = listed.split_once("experiments set aside").expect("a separate section");
    assert!(fit.contains("fig2") && !fit.contains("fig4a"), "{fit}");
    assert!(aside.contains("fig4a") && !aside.contains("fig2"), "{aside}");
}

#[test]
fn an_experiment_set_aside_reports_its_errors_on_request() {
    let place = Place::new();
    place.write("mine.carom", WITHOUT_RECORDS);
    for command in [&["run", "mine.carom", "fig4a"][..], &["explain", "mine.carom", "fig4a"]] {
        let said = place.carom(command).ends(3);
        assert!(said.err.contains("E201") && said.err.contains("karpat2019.carom") && !said.err.contains("W005"));
    }
    assert!(!place.path("out").exists());
    // After a redefinition it fits again.
    place.write("back.carom", format!("{WITHOUT_RECORDS}redefine experiment fig4a {{ run 5 }}\n"));
    place.carom(&["run", "back.carom", "fig4a"]).ends(0);
}

#[test]
fn a_figure_is_set_aside_with_its_panels() {
    let place = Place::small();
    place.write("pair.carom", format!("{SMALL}experiment p {{ run 5; let q = last(P); plot {{ line P }} }}\n"));
    place.write("figure.carom", "use pair\nexperiment f { plot { panels p } }\n");
    let step = "redefine step { evolve H for 1; trace out }\n";
    place.write("mine.carom", format!("use figure\n{step}experiment x {{ run 2 }}\n"));
    let ran = place.carom(&["run", "mine.carom"]).ends(0);
    assert!(ran.err.contains("`f` shows `p`, which is set aside"), "{}", ran.err);
    let said = place.carom(&["run", "mine.carom", "f"]).ends(3);
    assert!(said.err.contains("E213") && said.err.contains("no definition of `P`"), "{}", said.err);
    assert!(!said.err.contains("E201"), "{}", said.err);
    place.write("own.carom", format!("use pair\n{step}experiment f {{ plot {{ panels p }} }}\n"));
    place.carom(&["check", "own.carom"]).ends(3);
}
