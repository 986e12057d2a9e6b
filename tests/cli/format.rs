//! `carom fmt`: files, standard input, and files that cannot be formatted.

use std::fs;

use crate::support::Place;

const ROUGH: &str = "param  x=1 # one\nparam yy =2\n";
const TIDY: &str = "param x  = 1   # one\nparam yy = 2\n";

#[test]
fn files_are_rewritten_once() {
    let place = Place::new();
    place.write("a.carom", ROUGH);
    place.write("b.carom", TIDY);
    assert_eq!(place.carom(&["fmt", "a.carom", "b.carom"]).ends(0).out, "a.carom: formatted\n");
    assert_eq!((place.read("a.carom").as_str(), place.read("b.carom").as_str()), (TIDY, TIDY));
    assert_eq!(place.carom(&["fmt", "a.carom"]).ends(0).out, "");
    assert_eq!(place.tree(), ["a.carom", "b.carom"]);
}

#[test]
fn check_writes_nothing() {
    let place = Place::new();
    place.write("a.carom", ROUGH);
    place.write("b.carom", TIDY);
    place.carom(&["fmt", "--check", "b.carom"]).ends(0);
    let said = place.carom(&["fmt", "--check", "b.carom", "a.carom"]).ends(1);
    assert_eq!(said.out, "a.carom: `carom fmt` would change it\n");
    assert_eq!(place.read("a.carom"), ROUGH);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let place = Place::new();
    assert_eq!(place.piped(&["fmt", "-"], ROUGH).ends(0).out, TIDY);
    assert_eq!(place.piped(&["fmt", "-"], "").ends(0).out, "");
    place.piped(&["fmt", "--check", "-"], ROUGH).ends(1);
    let said = place.piped(&["fmt", "-"], "param = 1\n").refuses(3, &["E101", "<stdin>:1:7"]);
    assert_eq!(said.out, "");
}

#[test]
fn a_mistake_leaves_the_file_and_the_others_are_formatted() {
    let place = Place::new();
    let broken = "param  x = (1\nparam y=2\n";
    place.write("broken.carom", broken);
    place.write("a.carom", ROUGH);
    let checked = place.carom(&["check", "broken.carom"]).ends(3).err;
    let said = place.carom(&["fmt", "broken.carom", "a.carom"]).refuses(3, &["E102"]);
    assert_eq!(said.err, checked);
    assert_eq!((place.read("broken.carom").as_str(), place.read("a.carom").as_str()), (broken, TIDY));
}

#[test]
fn a_file_that_is_not_a_script_is_refused() {
    let place = Place::new();
    place.write("folder/x.carom", TIDY);
    place.write("latin1.carom", b"param x = 1 # \xe9\n");
    place.write("huge.carom", "# x\n".repeat(300_000));
    place.carom(&["fmt"]).ends(2);
    place.carom(&["fmt", "none.carom"]).refuses(3, &["E601", "none.carom"]);
    place.write("notes/x.txt", "");
    place.carom(&["fmt", "notes"]).refuses(3, &["E601", "no script in the folder"]);
    place.carom(&["fmt", "latin1.carom"]).refuses(3, &["E106", "byte 14"]);
    place.carom(&["fmt", "huge.carom"]).refuses(3, &["E104"]);
    place.carom(&["fmt", "karpat2019"]).refuses(4, &["shipped protocol"]);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_preserved() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    place.write("locked.carom", ROUGH);
    fs::set_permissions(place.path("locked.carom"), fs::Permissions::from_mode(0o444)).unwrap();
    place.carom(&["fmt", "locked.carom"]).refuses(4, &["read-only"]);
    assert_eq!(place.read("locked.carom"), ROUGH);

    place.write("mine.carom", ROUGH);
    fs::set_permissions(place.path("mine.carom"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(place.path("mine.carom"), place.path("link.carom")).unwrap();
    place.carom(&["fmt", "link.carom"]).ends(0);
    assert!(fs::symlink_metadata(place.path("link.carom")).unwrap().is_symlink());
    assert_eq!(fs::metadata(place.path("mine.carom")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(place.read("mine.carom"), TIDY);
}
