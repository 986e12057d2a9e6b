//! Times a piece of work over enough runs and prints one line of JSON.

use std::time::Instant;

/// Median seconds of at least three runs that together take a second, and the last result.
pub fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut seconds: Vec<f64> = Vec::new();
    loop {
        let start = Instant::now();
        let result = work();
        seconds.push(start.elapsed().as_secs_f64());
        if seconds.len() >= 3 && seconds.iter().sum::<f64>() >= 1.0 {
            seconds.sort_by(f64::total_cmp);
            return (seconds[seconds.len() / 2], result);
        }
    }
}

/// Prints the seconds per unit of work, the computed values and the peak memory of the process.
pub fn report(seconds: f64, values: &[f64]) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "values": values, "peak_mb": peak.map(|kb| kb * 1.024e-3) })
    );
}
