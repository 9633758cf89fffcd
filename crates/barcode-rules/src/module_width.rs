//! The least width of a module, which is the narrowest bar or space of a symbol.

/// The least width of a module, and the publication that it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MinimumModuleWidth {
    /// The width in millimeters.
    pub millimeters: f64,
    /// The publication that requires the width.
    pub source: &'static str,
}

const fn minimum(millimeters: f64, source: &'static str) -> MinimumModuleWidth {
    MinimumModuleWidth { millimeters, source }
}

const RETAIL: &str = "GS1 General Specifications, retail point of sale";
const GENERAL_DISTRIBUTION: &str = "GS1 General Specifications, general distribution";
const AIM: &str = "AIM Uniform Symbology Specifications, 7.5 mils";

/// Types that GS1 allows in several environments, such as GS1-128 and GS1 DataMatrix, are missing:
/// the environment determines the width.
const MINIMUMS: &[(MinimumModuleWidth, &[&str])] = &[
    (minimum(0.264, RETAIL), &["EAN13", "EAN8", "UPCA", "UPCE", "ISBN", "ISMN", "ISSN"]),
    (minimum(0.495, GENERAL_DISTRIBUTION), &["ITF14", "EAN14", "SCC14", "SSCC18"]),
    (
        minimum(0.19, AIM),
        &[
            "Codabar",
            "Code128",
            "Code32",
            "Code39",
            "Code39FullASCII",
            "Code93",
            "Interleaved2of5",
            "PZN",
            "VIN",
        ],
    ),
];

/// Returns the least width of a module of a type, or `None` if the application determines the
/// width, as it does for QR, Data Matrix, Aztec, PDF417 and GS1-128.
///
/// ```
/// let minimum = barcode_rules::minimum_module_width("EAN13").unwrap();
/// assert_eq!(minimum.millimeters, 0.264);
/// assert_eq!(barcode_rules::minimum_module_width("QR"), None);
/// ```
pub fn minimum_module_width(type_name: &str) -> Option<MinimumModuleWidth> {
    let found = MINIMUMS.iter().find(|(_, types)| types.contains(&type_name));
    found.map(|(minimum, _)| *minimum)
}

#[cfg(test)]
mod tests {
    use super::MINIMUMS;

    #[test]
    fn each_minimum_belongs_to_a_type_that_has_no_other() {
        let mut names: Vec<_> = MINIMUMS.iter().flat_map(|(_, types)| *types).collect();
        assert!(names.iter().all(|name| crate::rule(name).is_some()));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
