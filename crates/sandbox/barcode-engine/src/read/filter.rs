//! Filters that make barcodes readable in noisy, blurred and unevenly lit images.

use image::GrayImage;
use image::imageops::{blur, fast_blur};

use super::gray;

/// Half of the side of the area whose mean is the brightness around a pixel.
const SURROUNDINGS: f32 = 12.0;
/// By how much shades are spread around the threshold between dark and light.
const GAIN: f32 = 3.0;
/// How often the difference from the blurred image is added to sharpen an image.
const SHARPENING: usize = 8;
/// The minimum strength of an edge, in shades: the difference between two sums of three pixels.
const MIN_EDGE: f32 = 24.0;
/// The least angle by which it is worth rotating an image, and the least distance between two
/// angles, in degrees.
const NEAR_ANGLES: usize = 4;
/// The share of the edges that must be within one degree of an angle: twice as many as by chance.
const MIN_SHARE: f32 = 2.0 * 3.0 / 90.0;

/// Removes noise: blurs the image, and makes rather dark pixels black and rather light ones
/// white.
pub(super) fn smoothed(image: &GrayImage) -> GrayImage {
    let blurred = blur(image, 1.2);
    let threshold = f32::from(threshold(&blurred));
    changed(&blurred, |_, shade| (shade - threshold) * GAIN + 128.0)
}

/// Evens out the light: compares each pixel with its surroundings.
pub(super) fn leveled(image: &GrayImage) -> GrayImage {
    let surroundings = fast_blur(image, SURROUNDINGS);
    changed(image, |index, shade| {
        let around = f32::from(surroundings.as_raw()[index]).max(1.0);
        (shade / around - 0.9) * 255.0 + 128.0
    })
}

/// Restores an image that was blurred by about `deviation` pixels, by the method of Van Cittert.
pub(super) fn sharpened(image: &GrayImage, deviation: f32) -> GrayImage {
    let mut sharp = image.clone();
    for _ in 0..SHARPENING {
        let blurred = blur(&sharp, deviation);
        sharp = changed(&sharp, |index, shade| {
            shade + f32::from(image.as_raw()[index]) - f32::from(blurred.as_raw()[index])
        });
    }
    sharp
}

/// Replaces each pixel by the mean of `count` pixels below each other, which removes noise from
/// upright bars.
pub(super) fn averaged_down(image: &GrayImage, count: usize) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let rows: Vec<&[u8]> = image.chunks_exact(width.max(1)).collect();
    let mut averaged = image.clone();
    let mut sums = vec![0_usize; width];
    let add = |sums: &mut [usize], row: &[u8]| {
        sums.iter_mut().zip(row).for_each(|(sum, shade)| *sum += usize::from(*shade));
    };
    for (y, target) in averaged.chunks_exact_mut(width.max(1)).enumerate() {
        add(&mut sums, rows[y]);
        if let Some(gone) = y.checked_sub(count) {
            sums.iter_mut().zip(rows[gone]).for_each(|(sum, shade)| *sum -= usize::from(*shade));
        }
        let rows = (y + 1).min(count).min(height);
        target.iter_mut().zip(&sums).for_each(|(shade, sum)| *shade = (sum / rows) as u8);
    }
    averaged
}

fn changed(image: &GrayImage, shade: impl Fn(usize, f32) -> f32) -> GrayImage {
    let mut image = image.clone();
    for (index, value) in image.iter_mut().enumerate() {
        *value = shade(index, f32::from(*value)).clamp(0.0, 255.0) as u8;
    }
    image
}

/// The threshold that separates dark from light shades best, by the method of Otsu.
fn threshold(image: &GrayImage) -> u8 {
    let counts = gray::counts(image);
    let all = image.len() as f64;
    let total: f64 = image.iter().map(|shade| f64::from(*shade)).sum();
    let mut best = (0.0, 128);
    let (mut dark, mut dark_total) = (0.0, 0.0);
    for shade in 0..255_u8 {
        let pixels = counts[usize::from(shade)] as f64;
        dark += pixels;
        dark_total += pixels * f64::from(shade);
        let light = all - dark;
        if dark > 0.0 && light > 0.0 {
            let distance = dark_total / dark - (total - dark_total) / light;
            let separation = dark * light * distance * distance;
            if separation > best.0 {
                best = (separation, shade);
            }
        }
    }
    best.1
}

/// The angles in degrees, from -45 to 45, by which the image must be rotated for many of its edges
/// to be upright or level: the best ones, except those near 0.
pub(super) fn straightening_angles(image: &GrayImage) -> Vec<i64> {
    let weights = edge_weights(image);
    let near = |center: usize, reach: usize| {
        (90 + center - reach..=90 + center + reach).map(|index| index % 90)
    };
    let smooth: Vec<f32> =
        (0..90).map(|center| near(center, 1).map(|index| weights[index]).sum()).collect();
    let least = MIN_SHARE * weights.iter().sum::<f32>();
    let mut angles: Vec<usize> = (NEAR_ANGLES..=90 - NEAR_ANGLES)
        .filter(|center| smooth[*center] > least)
        .filter(|center| near(*center, NEAR_ANGLES).all(|index| smooth[index] <= smooth[*center]))
        .collect();
    angles.sort_by(|one, other| smooth[*other].total_cmp(&smooth[*one]));
    angles.truncate(2);
    angles
        .into_iter()
        .map(|angle| if angle > 45 { 90 - angle as i64 } else { -(angle as i64) })
        .collect()
}

/// The total strength of the edges at each angle in degrees, from 0 to 89.
fn edge_weights(image: &GrayImage) -> [f32; 90] {
    // The angles of steps from pixel to pixel are not those of the edges.
    let image = blur(image, 1.5);
    let mut weights = [0.0_f32; 90];
    let width = image.width() as usize;
    let rows: Vec<&[u8]> = image.chunks_exact(width.max(1)).collect();
    for window in rows.windows(3) {
        for x in 1..width.saturating_sub(1) {
            let side = |x: usize| window.iter().map(|row| f32::from(row[x])).sum::<f32>();
            let down = |row: &[u8]| row[x - 1..=x + 1].iter().copied().map(f32::from).sum::<f32>();
            let (dx, dy) = (side(x + 1) - side(x - 1), down(window[2]) - down(window[0]));
            let strength = dx.hypot(dy);
            if strength >= MIN_EDGE {
                let degrees = dy.atan2(dx).to_degrees().round() as i64;
                weights[degrees.rem_euclid(90) as usize] += strength;
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::rotate::Rotation;

    #[test]
    fn the_angle_of_rotated_bars_is_found() {
        let bars =
            GrayImage::from_fn(200, 200, |x, _| Luma([if x / 6 % 2 == 0 { 0 } else { 255 }]));
        for degrees in [10, 30, 44, -20] {
            let rotated = Rotation::new(bars.dimensions(), degrees).apply(&bars, gray::WHITE);
            let angle = straightening_angles(&rotated)[0];
            assert!((angle + degrees).abs() <= 2, "{degrees} {angle}");
        }
    }

    #[test]
    fn an_image_without_a_common_angle_is_not_rotated() {
        let mut random = fastrand::Rng::with_seed(1);
        let noise = GrayImage::from_fn(200, 200, |_, _| Luma([random.u8(..)]));
        assert_eq!(straightening_angles(&noise), [0; 0]);
    }

    #[test]
    fn the_mean_of_upright_bars_is_the_bars() {
        let bars = GrayImage::from_fn(20, 20, |x, _| Luma([x as u8 * 10]));
        assert_eq!(averaged_down(&bars, 9), bars);
    }

    #[test]
    fn the_threshold_is_between_dark_and_light() {
        let image = GrayImage::from_fn(10, 10, |x, _| Luma([if x < 3 { 40 } else { 200 }]));
        assert!((40..200).contains(&threshold(&image)));
    }
}
