import Foundation

/// Lines over two axes, as an SVG picture.
public struct LineChart: Sendable {
  /// What an axis counts, and from where to where.
  public struct Axis: Sendable {
    /// Its name, with the unit.
    public let title: String
    /// Its ends.
    public let range: ClosedRange<Double>
    /// Whether shares are written in per cent.
    public let isShare: Bool

    /// - Parameter range: shares are from 0 to 1 unless it says otherwise.
    public init(_ title: String, range: ClosedRange<Double> = 0...1, isShare: Bool = true) {
      self.title = title
      self.range = range
      self.isShare = isShare
    }
  }

  /// One line.
  public struct Series: Sendable {
    /// What the legend calls it.
    public let name: String
    /// In the order of drawing; those that are NaN are left out.
    public let points: [(x: Double, y: Double)]
    /// Whether every point is marked: few that were measured, not a curve.
    public let marksEveryPoint: Bool

    /// Points in the order in which they are joined.
    public init(_ name: String, _ points: [(x: Double, y: Double)], marksEveryPoint: Bool = false) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
      self.marksEveryPoint = marksEveryPoint
    }
  }

  /// What stands above it.
  public let title: String
  /// From left to right.
  public let x: Axis
  /// From bottom to top.
  public let y: Axis
  /// Those that can be told apart are drawn; the rest is left to the table of points.
  public let series: [Series]
  /// A line to compare with, such as that of chance, and what it is called.
  public let guide: (name: String, from: (Double, Double), to: (Double, Double))?
  /// A value of the x axis that is marked, and what it is called.
  public let mark: (name: String, x: Double)?

  /// - Parameter series: the first seven are drawn.
  public init(
    title: String, x: Axis, y: Axis, series: [Series],
    guide: (name: String, from: (Double, Double), to: (Double, Double))? = nil,
    mark: (name: String, x: Double)? = nil
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.guide = guide
    self.mark = mark
  }

  /// The whole picture.
  public var svg: String {
    let drawn = Array(series.prefix(ChartStyle.distinct))
    let entries = drawn.map { Shortened.end($0.name, 30) } + (guide.map { [$0.name] } ?? [])
    let legend = (entries.map { SVGCanvas.width(of: $0, size: 12) }.max() ?? 0) + 58
    let frame = Frame(x: 70, y: 48, width: 440, height: 360)
    let left = max(
      frame.x + frame.width + legend, SVGCanvas.width(of: title, size: 16) + 32)
    var canvas = SVGCanvas(width: left + 16, height: 474)
    canvas.text(title, x: 16, y: 27, size: 16, bold: true)
    drawAxes(frame, &canvas)
    if let guide {
      canvas.line(
        position(guide.from, frame), position(guide.to, frame), colour: ChartStyle.soft,
        more: " stroke-dasharray=\"4 4\"")
    }
    if let mark {
      let x = position((mark.x, y.range.lowerBound), frame).x
      canvas.line(
        (x, frame.y), (x, frame.y + frame.height), colour: ChartStyle.soft,
        more: " stroke-dasharray=\"2 4\"")
      canvas.text(
        mark.name, x: x, y: frame.y - 5, size: 11, anchor: .middle, colour: ChartStyle.soft)
    }
    for (index, series) in drawn.enumerated() { draw(series, index, frame, &canvas) }
    drawLegend(entries, drawn.count, frame, &canvas)
    return canvas.document(title: title)
  }

  // MARK: Parts

  private struct Frame {
    let x: Double
    let y: Double
    let width: Double
    let height: Double
  }

  private func position(_ point: (Double, Double), _ frame: Frame) -> (x: Double, y: Double) {
    func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      let length = range.upperBound - range.lowerBound
      return length > 0 ? max(0, min(1, (value - range.lowerBound) / length)) : 0.5
    }
    return (
      frame.x + share(point.0, x.range) * frame.width,
      frame.y + (1 - share(point.1, y.range)) * frame.height
    )
  }

  private func drawAxes(_ frame: Frame, _ canvas: inout SVGCanvas) {
    let bottom = frame.y + frame.height
    for tick in Ticks.of(x.range) {
      let place = position((tick, y.range.lowerBound), frame).x
      canvas.line((place, frame.y), (place, bottom), colour: ChartStyle.grid)
      canvas.text(
        Ticks.text(tick, x), x: place, y: bottom + 18, anchor: .middle, colour: ChartStyle.soft)
    }
    for tick in Ticks.of(y.range) {
      let place = position((x.range.lowerBound, tick), frame).y
      canvas.line((frame.x, place), (frame.x + frame.width, place), colour: ChartStyle.grid)
      canvas.text(
        Ticks.text(tick, y), x: frame.x - 8, y: place + 4, anchor: .end, colour: ChartStyle.soft)
    }
    canvas.rectangle(
      x: frame.x, y: frame.y, width: frame.width, height: frame.height, fill: "none",
      stroke: ChartStyle.soft)
    canvas.text(
      x.title, x: frame.x + frame.width / 2, y: bottom + 44, size: 13, anchor: .middle)
    canvas.text(
      y.title, x: 20, y: frame.y + frame.height / 2, size: 13, anchor: .middle, turned: -90)
  }

  private func draw(
    _ series: Series, _ index: Int, _ frame: Frame, _ canvas: inout SVGCanvas
  ) {
    let places = LineChart.thinned(series.points.map { position(($0.x, $0.y), frame) })
    if places.count > 1 { canvas.polyline(places, series: index) }
    // Marks stand apart from those of the other lines, so that none hides another.
    let every = series.marksEveryPoint ? 1 : max(1, places.count / 6)
    let first = series.marksEveryPoint ? 0 : min(places.count - 1, every * index / 7)
    for place in stride(from: max(0, first), to: places.count, by: every) {
      canvas.marker(places[place], series: index)
    }
  }

  /// Without points that a quarter of a pixel would hold together with the last that stays.
  static func thinned(_ places: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    var kept: [(x: Double, y: Double)] = []
    for (index, place) in places.enumerated() {
      if let last = kept.last, index + 1 < places.count, abs(last.x - place.x) < 0.25,
        abs(last.y - place.y) < 0.25
      {
        continue
      }
      kept.append(place)
    }
    return kept
  }

  private func drawLegend(
    _ entries: [String], _ lines: Int, _ frame: Frame, _ canvas: inout SVGCanvas
  ) {
    let x = frame.x + frame.width + 16
    for (index, entry) in entries.enumerated() {
      let y = frame.y + 12 + Double(index) * 22
      if index < lines {
        canvas.polyline([(x, y), (x + 30, y)], series: index)
        canvas.marker((x + 15, y), series: index)
      } else {
        canvas.line(
          (x, y), (x + 30, y), colour: ChartStyle.soft, more: " stroke-dasharray=\"4 4\"")
      }
      canvas.text(entry, x: x + 38, y: y + 4)
    }
    if series.count > lines {
      canvas.text(
        "and \(series.count - lines) more in the table", x: x,
        y: frame.y + 16 + Double(entries.count) * 22, size: 11, colour: ChartStyle.soft)
    }
  }
}

/// Round values along an axis.
enum Ticks {
  /// Four to eight of them, within the range.
  static func of(_ range: ClosedRange<Double>) -> [Double] {
    let length = range.upperBound - range.lowerBound
    guard length > 0, length.isFinite else { return [range.lowerBound] }
    let rough = length / 5
    let power = pow(10, (log10(rough)).rounded(.down))
    let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  static func text(_ value: Double, _ axis: LineChart.Axis) -> String {
    if axis.isShare { return "\(SVGCanvas.number(value * 100)) %" }
    return value != 0 && abs(value) < 0.01
      ? String(format: "%.0e", value) : SVGCanvas.number(value)
  }
}
