# The usual commands of contributors. `just` lists them; https://just.systems explains the tool.

default:
    @just --list --unsorted

# Run a script or a shipped protocol: just run karpat2019 fig2
run +arguments:
    cargo run --release -- run {{ arguments }}

# All tests, or those with a name: just test --test book
test *arguments:
    cargo test {{ arguments }}

# Format the code
fmt:
    cargo fmt

# Formatting, lints and documentation, without warnings
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Everything that a change must pass
ci:
    .ci/run

# Accept the present output as the expected one: just accept library bad_scripts
accept target *filter:
    UPDATE_EXPECT=1 cargo test --test {{ target }} {{ filter }}

# Write the pages that are generated from tables
pages:
    for page in functions errors gallery; do \
        cargo run -- reference --book $page > target/page.md && mv target/page.md book/src/$page.md || exit 1; \
    done

# Draw the figures of the book's pages and, with names, of protocols in the gallery: just figures memory
figures *protocols:
    book/figures.sh
    if [ -n "{{ protocols }}" ]; then book/gallery.sh {{ protocols }}; fi

# Check the claims of scripts, or of all shipped protocols (minutes)
verify *arguments:
    cargo run --release -- verify {{ arguments }}

# Timings: just bench kernels
bench name:
    cargo bench --bench {{ name }}

# Build the book with mdBook and open it
book:
    mdbook build book --dest-dir {{ quote(justfile_directory() / "target/book") }} --open
