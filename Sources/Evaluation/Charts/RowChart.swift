/// A row for each name, and in it each model's figure with its interval, as an SVG picture.
public struct RowChart: Sendable {
  /// A name and the figures of it, one a series.
  public struct Row: Sendable {
    /// What the row is of: a class, a group.
    public let name: String
    /// In the order of the series; those that are NaN are left out.
    public let values: [Interval]

    /// - Parameter values: shares, one for each series.
    public init(_ name: String, _ values: [Interval]) {
      self.name = name
      self.values = values
    }
  }

  /// What stands above it.
  public let title: String
  /// What is counted, from 0 to 100 %.
  public let axis: String
  /// What the legend calls the series; there is none for a single one.
  public let series: [String]
  /// In their order, the first on top.
  public let rows: [Row]

  /// More rows are left to the table of points.
  static let mostRows = 120

  /// - Parameter rows: each with a value for each series.
  public init(title: String, axis: String, series: [String], rows: [Row]) {
    precondition(rows.allSatisfy { $0.values.count == series.count }, "a value for each series")
    self.title = title
    self.axis = axis
    self.series = series
    self.rows = rows
  }

  /// The whole picture.
  public var svg: String {
    let drawn = rows.prefix(RowChart.mostRows)
    let shown = min(series.count, ChartStyle.distinct)
    let names = drawn.map { Shortened.end($0.name, 32) }
    let left = max(60, (names.map { SVGCanvas.width(of: $0, size: 12) }.max() ?? 0) + 26)
    let rowHeight = max(22, 12 * Double(shown) + 8)
    let legendRows = series.count > 1 ? Double(shown) : 0
    let top = 46 + legendRows * 20
    let bottom = top + rowHeight * Double(max(1, drawn.count))
    let right = left + 420
    let footer = rows.count > drawn.count ? 20.0 : 0
    let titles = [SVGCanvas.width(of: title, size: 16), left + legendWidth]
    var canvas = SVGCanvas(
      width: max(right + 40, (titles.max() ?? 0) + 32), height: bottom + 56 + footer)
    canvas.text(title, x: 16, y: 27, size: 16, bold: true)
    if series.count > 1 {
      for (index, name) in series.prefix(shown).enumerated() {
        let y = 50 + Double(index) * 20
        canvas.line((left, y), (left + 24, y), colour: ChartStyle.colour(index), width: 2)
        canvas.marker((left + 12, y), series: index)
        canvas.text(Shortened.end(name, 40), x: left + 32, y: y + 4)
      }
    }
    for tick in Ticks.of(0...1) {
      let x = left + tick * 420
      canvas.line((x, top), (x, bottom), colour: ChartStyle.grid)
      canvas.text(
        "\(SVGCanvas.number(tick * 100)) %", x: x, y: bottom + 18, anchor: .middle,
        colour: ChartStyle.soft)
    }
    canvas.text(axis, x: left + 210, y: bottom + 42, size: 13, anchor: .middle)
    for (index, row) in drawn.enumerated() {
      let middle = top + (Double(index) + 0.5) * rowHeight
      canvas.text(names[index], x: left - 10, y: middle + 4, anchor: .end)
      for (number, value) in row.values.prefix(shown).enumerated() where !value.value.isNaN {
        let y = middle + 12 * (Double(number) - Double(shown - 1) / 2)
        draw(value, number, y: y, left: left, &canvas)
      }
    }
    if footer > 0 {
      canvas.text(
        "and \(rows.count - drawn.count) more in the table", x: left, y: bottom + 62, size: 11,
        colour: ChartStyle.soft)
    }
    return canvas.document(title: title)
  }

  private var legendWidth: Double {
    series.count > 1
      ? 32 + (series.map { SVGCanvas.width(of: Shortened.end($0, 40), size: 12) }.max() ?? 0) : 0
  }

  private func draw(
    _ value: Interval, _ number: Int, y: Double, left: Double, _ canvas: inout SVGCanvas
  ) {
    func x(_ share: Double) -> Double { left + max(0, min(1, share)) * 420 }
    let colour = ChartStyle.colour(number)
    if !value.low.isNaN && value.high > value.low {
      canvas.line((x(value.low), y), (x(value.high), y), colour: colour, width: 2)
      for end in [value.low, value.high] {
        canvas.line((x(end), y - 4), (x(end), y + 4), colour: colour, width: 2)
      }
    }
    canvas.marker((x(value.value), y), series: number, size: 4.5)
  }
}
