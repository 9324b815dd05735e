import Foundation

/// How the learning rate moves over a training: a linear warm-up, then one of several courses.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The way from the peak to the end, as `--schedule` takes it.
  public enum Course: String, Codable, Sendable, CaseIterable {
    /// Falls along half a cosine from the peak to a hundredth of it.
    case cosine
    /// Stays at the peak.
    case constant
    /// Falls to a tenth after half of the steps and again after three quarters.
    case step
  }

  /// The way after the warm-up.
  public let course: Course
  /// The highest rate.
  public let peak: Double
  /// The rate climbs to the peak in equal parts over this many steps.
  public let warmupSteps: Int
  /// Steps of the whole training, the warm-up included.
  public let totalSteps: Int

  /// - Precondition: at least one step in all; a longer warm-up is cut to that.
  public init(course: Course, peak: Double, warmupSteps: Int, totalSteps: Int) {
    precondition(totalSteps > 0 && warmupSteps >= 0, "steps must not be negative")
    self.course = course
    self.peak = peak
    self.warmupSteps = min(warmupSteps, totalSteps)
    self.totalSteps = totalSteps
  }

  /// The learning rate of a step, counted from 0. Past the last step it stays where it ended.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    switch course {
    case .constant: return peak
    case .cosine:
      let length = max(1, totalSteps - warmupSteps)
      let part = Double(min(step - warmupSteps, length)) / Double(length)
      let floor = 0.01
      return peak * (floor + (1 - floor) * 0.5 * (1 + cos(Double.pi * part)))
    case .step:
      if step * 4 >= totalSteps * 3 { return peak * 0.01 }
      return step * 2 >= totalSteps ? peak * 0.1 : peak
    }
  }
}
