//! Warnings about images that a printer cannot print precisely.

/// The reason why a printer cannot print an image precisely.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintWarning {
    /// The modules differ in width, because the image was scaled by a fraction.
    #[error(
        "the modules of the image are not a whole number of dots wide, so bars that should be equal would differ; \
         request another module width"
    )]
    UnevenModules,
    /// The modules have another width than was requested, because the service arranged the symbol
    /// in another way than expected.
    #[error(
        "the modules of the image are {found} dots wide instead of {requested}; request another module width, or check \
         that the barcode has the size that you need"
    )]
    OtherModuleWidth {
        /// The requested width in dots.
        requested: u32,
        /// The width in dots.
        found: u32,
    },
    /// The modules are narrower than the type needs.
    #[error(
        "the modules of the image are {found_mm:.3} mm wide, but at least {minimum_mm} mm are required ({standard}); \
         request a larger module width"
    )]
    NarrowModules {
        /// The width in millimeters.
        found_mm: f64,
        /// The least width in millimeters.
        minimum_mm: f64,
        /// The publication that requires it.
        standard: &'static str,
    },
}
