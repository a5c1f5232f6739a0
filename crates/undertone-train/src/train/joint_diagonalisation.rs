//! Two covariances → the directions in which one is the identity and the other diagonal: a generalised symmetric eigenproblem, solved as
//! two ordinary ones.

use faer::{Mat, Side};
use undertone::{Error, ErrorKind, Result};

/// The directions, one a column, by falling variance.
#[derive(Clone, Debug)]
pub(crate) struct Directions {
    /// `columnsᵀ · within · columns` is the identity, `columnsᵀ · between · columns` diagonal.
    pub(crate) columns: Mat<f64>,
    /// That diagonal.
    pub(crate) variances: Vec<f64>,
}

impl Directions {
    /// Those of two symmetric matrices of one size. Eigenvalues of `within` count as at least 10⁻⁹; the sign of a direction is that in
    /// which its sum is not negative, so that one input gives one answer.
    ///
    /// # Errors
    /// `Config` where a matrix has no eigenvalues: it holds what is not finite.
    pub(crate) fn of(within: &Mat<f64>, between: &Mat<f64>) -> Result<Directions> {
        let size = within.nrows();
        let eigen = |matrix: &Mat<f64>| {
            matrix.self_adjoint_eigen(Side::Lower).map_err(|error| {
                Error::new(ErrorKind::Config, format!("a covariance has no eigenvalues: {error:?}"))
            })
        };
        let own = eigen(within)?;
        let root = |at: usize| own.S().column_vector()[at].max(1e-9).sqrt();
        let whiten = Mat::from_fn(size, size, |a, b| own.U()[(a, b)] / root(b));
        let whitened = whiten.transpose() * between * &whiten;
        let main = eigen(&whitened)?;
        let back = &whiten * main.U();
        // Eigenvalues come in nondecreasing order.
        let sign = |column: usize| {
            let sum: f64 = (0..size).map(|row| back[(row, column)]).sum();
            if sum < 0.0 { -1.0 } else { 1.0 }
        };
        let signs: Vec<f64> = (0..size).map(sign).collect();
        let columns = Mat::from_fn(size, size, |row, at| {
            let column = size - 1 - at;
            signs[column] * back[(row, column)]
        });
        let variances = (0..size).rev().map(|at| main.S().column_vector()[at]).collect();
        Ok(Directions { columns, variances })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_covariance_becomes_the_identity_and_the_other_diagonal() -> Result<()> {
        const SIZE: usize = 40;
        let within = Mat::from_fn(SIZE, SIZE, |a, b| match a.abs_diff(b) {
            0 => 2.0 + a as f64 * 0.01,
            1 => 0.5,
            _ => 0.0,
        });
        let waves = Mat::from_fn(SIZE, 4, |i, k| ((i * (k + 2)) as f64).sin());
        let between = &waves * waves.transpose();
        let Directions { columns, variances } = Directions::of(&within, &between)?;
        let identity = columns.transpose() * &within * &columns;
        let diagonal = columns.transpose() * &between * &columns;
        for (a, b) in [(0, 0), (1, 1), (0, 1), (2, 7), (39, 39)] {
            let wanted = f64::from(u8::from(a == b));
            assert!((identity[(a, b)] - wanted).abs() < 1e-9, "{a} {b}");
            assert!((diagonal[(a, b)] - wanted * variances[a]).abs() < 1e-9, "{a} {b}");
        }
        let falling = variances.windows(2).all(|two| two[0] >= two[1] - 1e-9);
        assert!(falling && variances[3] > 0.1 && variances[4] < 1e-6 * variances[0], "{variances:?}");
        assert!((0..SIZE).all(|at| (0..SIZE).map(|row| columns[(row, at)]).sum::<f64>() >= 0.0));
        Ok(())
    }
}
