//! Exponentials and logarithms as plain arithmetic, which a compiler turns into vector instructions; the C library's are calls.

use std::f32::consts::{LN_2, LOG2_E};

/// Bits of √½, where the mantissa's range begins.
const SQRT_HALF: u32 = 0x3f35_04f3;
/// Bits of a mantissa.
const MANTISSA: u32 = 23;
/// 1.5 · 2²³: added to a number it leaves the nearest whole one in the lowest bits.
const WHOLE: f32 = 12_582_912.0;
/// ln 2 in two parts, the first of so few bits that its product with an exponent is exact.
const LN_2_PARTS: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `ln x` for positive normal numbers; absolute error below 10⁻⁶.
///
/// With x = m·2ᵉ and s = (m − 1)/(m + 1), m in [√½, √2): `e·ln 2 + 2·(s + s³/3 + s⁵/5 + …)`.
pub(crate) fn ln(x: f32) -> f32 {
    let exponent = x.to_bits().wrapping_sub(SQRT_HALF) as i32 >> MANTISSA;
    let mantissa = f32::from_bits(x.to_bits().wrapping_sub((exponent << MANTISSA) as u32));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z / 9.0)));
    exponent as f32 * LN_2 + 2.0 * s * series
}

/// `eˣ`; relative error below 10⁻⁶. What lies outside −87…88 counts as the nearer of the two.
///
/// With k the nearest whole number to x / ln 2 and r = x − k·ln 2: `2ᵏ·(1 + r + r²/2! + … + r⁷/7!)`.
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * LOG2_E + WHOLE;
    let k = shifted - WHOLE;
    let r = x - k * LN_2_PARTS[0] - k * LN_2_PARTS[1];
    let high = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * high)));
    series * f32::from_bits((shifted.to_bits() << MANTISSA).wrapping_add(1.0f32.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_equal_the_exact_functions_over_their_whole_range() {
        for step in -8700..=8800 {
            let x = step as f32 * 0.01;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 1e-6, "e^{x}: {} for {exact}", exp(x));
            let (y, exact) = (exact as f32, f64::from(exact as f32).ln());
            assert!((f64::from(ln(y)) - exact).abs() < 1e-5, "ln {y}: {} for {exact}", ln(y));
        }
        for step in 1..2000 {
            let x = step as f32 * 0.001;
            assert!((f64::from(ln(x)) - f64::from(x).ln()).abs() < 1e-6, "ln {x}: {}", ln(x));
        }
        assert_eq!((exp(-1e9), exp(0.0), ln(1.0)), (exp(-87.0), 1.0, 0.0));
    }
}
