//! A wrong and a right script for each code, as Markdown: `examples/E101.md`. A code that no script causes shows commands.

use super::Code;

macro_rules! examples {
    ($( $id:literal )*) => {
        const EXAMPLES: &[(&str, &str)] = &[ $( ($id, include_str!(concat!("examples/", $id, ".md"))), )* ];
    };
}

examples! {
    "E101" "E102" "E103" "E104" "E105" "E106" "E107" "E201" "E202" "E203" "E204" "E205"
    "E206" "E207" "E208" "E209" "E210" "E211" "E212" "E213" "E214" "E215" "E216" "E217"
    "E218" "E219" "E220" "E221" "E222" "E223" "E224" "E225" "E226" "E227" "E228" "E229"
    "E230" "E231" "E232" "E233" "E237" "E238" "E241" "E242" "E243" "E245" "E246" "E247"
    "E248" "E249" "E250" "E251" "E252" "E253" "E254" "E301" "E302" "E303" "E304" "E305"
    "E306" "E307" "E308" "E309" "E310" "E311" "E312" "E313" "E314" "E315" "E317" "E320"
    "E321" "E322" "E323" "E325" "E326" "E327" "E328" "E401" "E402" "E403" "E404" "E405"
    "E406" "E407" "E408" "E409" "E410" "E411" "E412" "E413" "E414" "E415" "E416" "E417"
    "E418" "E419" "E421" "E422" "E423" "E424" "E427" "E431" "E432" "E433" "E434" "E435"
    "E436" "E441" "E442" "E501" "E502" "E503" "E504" "E505" "E506" "E507" "E508" "E509"
    "E510" "E511" "E513" "E514" "E515" "E516" "E520" "E521" "E522" "E523" "E601" "E602"
    "E603" "E604" "E605" "E606" "E607" "E608" "E609" "E610" "E611" "E612" "E613" "E622"
    "W001" "W002" "W003" "W004" "W005" "W006" "W007" "W009" "W011"
}

impl Code {
    /// The mistake and its remedy as Markdown, each as a fenced block. Empty if the example is not written yet.
    #[must_use]
    pub fn example(self) -> &'static str {
        EXAMPLES.iter().find(|(id, _)| *id == self.row().id).map_or("", |(_, text)| text)
    }
}
