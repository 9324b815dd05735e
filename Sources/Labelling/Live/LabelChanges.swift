/// Notices, among the events of a stream, when its label becomes another.
public struct LabelChanges: Sendable {
  private var label: String?

  /// Nothing was seen yet: the first label is a change too.
  public init() {}

  /// The segment that brings another label, once it is certain; its end is what is known of it.
  public mutating func note(_ event: LiveEvent) -> LabelRecord.Segment? {
    let segment: LabelRecord.Segment? =
      switch event {
      case .provisional(let answer): answer.open
      // What a stream ends with may never have been open long enough.
      case .segment(let segment): segment
      default: nil
      }
    guard let segment, segment.label != label else { return nil }
    label = segment.label
    return segment
  }
}
