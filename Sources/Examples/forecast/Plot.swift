import Foundation

/// Truth and forecast over time, as an SVG that reads on light and dark pages alike.
struct Plot {
  /// Of the series.
  let name: String
  /// The number of the first value, counted from 1 at the series' own start.
  let first: Int
  let truth: [Double]
  let forecasts: [Double]

  private static let mostPoints = 600
  private static let size = (width: 960.0, height: 400.0)
  private static let left = 76.0
  private static let right = 20.0
  private static let top = 48.0
  private static let bottom = 52.0

  /// - Parameter start: index of the first value in the series. Of a long part the end is drawn.
  init(name: String, start: Int, truth: [Double], forecasts: [Double]) {
    precondition(truth.count == forecasts.count && truth.count > 1, "two curves of equal length")
    let left = max(0, truth.count - Plot.mostPoints)
    self.name = name
    first = start + left + 1
    self.truth = Array(truth[left...])
    self.forecasts = Array(forecasts[left...])
  }

  var svg: String {
    let (width, height) = Plot.size
    let values = truth + forecasts
    let rows = Ticks(low: values.min() ?? 0, high: values.max() ?? 1, about: 6)
    let last = first + truth.count - 1
    let columns = Ticks(low: Double(first), high: Double(last), about: 8, isWhole: true)
    func x(_ step: Double) -> Double {
      Plot.left + (step - Double(first)) / Double(last - first) * (width - Plot.left - Plot.right)
    }
    func y(_ value: Double) -> Double {
      let part = (value - rows.low) / (rows.high - rows.low)
      return height - Plot.bottom - part * (height - Plot.top - Plot.bottom)
    }
    func curve(_ values: [Double]) -> String {
      values.enumerated().map { point(x(Double(first + $0)), y($1)) }.joined(separator: " ")
    }

    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
      font-family="sans-serif" font-size="13" fill="#333333">
      """,
      "<title>\(escaped(name)): truth and forecast</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
    ]
    for tick in rows.values {
      parts.append(line(Plot.left, y(tick), width - Plot.right, y(tick), "#e4e4e4"))
      parts.append(text(Plot.left - 8, y(tick) + 4, rows.label(tick), anchor: "end"))
    }
    let floor = height - Plot.bottom
    for tick in columns.values where tick >= Double(first) && tick <= Double(last) {
      parts.append(line(x(tick), floor, x(tick), floor + 5, "#888888"))
      parts.append(text(x(tick), floor + 20, columns.label(tick), anchor: "middle"))
    }
    parts.append(line(Plot.left, floor, width - Plot.right, floor, "#888888"))
    parts.append(line(Plot.left, Plot.top, Plot.left, floor, "#888888"))
    parts.append(polyline(curve(truth), "#4a4a4a", 1.4))
    parts.append(polyline(curve(forecasts), "#d9541e", 1.4))
    parts.append(text((Plot.left + width - Plot.right) / 2, height - 10, "step", anchor: "middle"))
    parts.append(text(12, 26, escaped(String(name.prefix(60))), anchor: "start"))
    parts.append(line(width - 200, 22, width - 176, 22, "#4a4a4a", 2))
    parts.append(text(width - 170, 26, "truth", anchor: "start"))
    parts.append(line(width - 116, 22, width - 92, 22, "#d9541e", 2))
    parts.append(text(width - 86, 26, "forecast", anchor: "start"))
    parts.append("</svg>")
    return parts.joined(separator: "\n") + "\n"
  }

  private func point(_ x: Double, _ y: Double) -> String { String(format: "%.1f,%.1f", x, y) }

  private func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String, _ width: Double = 1
  ) -> String {
    String(
      format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x1, y1, x2, y2)
      + "stroke=\"\(color)\" stroke-width=\"\(width)\"/>"
  }

  private func polyline(_ points: String, _ color: String, _ width: Double) -> String {
    "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(width)\" "
      + "stroke-linejoin=\"round\" points=\"\(points)\"/>"
  }

  private func text(_ x: Double, _ y: Double, _ content: String, anchor: String) -> String {
    String(format: "<text x=\"%.1f\" y=\"%.1f\" ", x, y)
      + "text-anchor=\"\(anchor)\">\(content)</text>"
  }

  /// As XML text; characters that XML cannot hold become question marks. The library's own is not
  /// public, and an example uses nothing else.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Round numbers along an axis: 1, 2 or 5 times a power of ten apart.
private struct Ticks {
  let values: [Double]
  private let step: Double

  var low: Double { values[0] }
  var high: Double { values[values.count - 1] }

  /// - Parameter isWhole: the axis counts, so nothing lies between its numbers.
  init(low: Double, high: Double, about count: Int, isWhole: Bool = false) {
    // A flat curve gets an axis too.
    let span = max(high - low, max(abs(low), abs(high)) * 1e-6, 1e-30)
    let rough = span / Double(count)
    let power = pow(10, rough.exponentOfTen)
    var step = power * ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10)
    if isWhole { step = max(1, step) }
    self.step = step
    let first = (low / step).rounded(.down)
    let last = max((high / step).rounded(.up), first + 1)
    let parts = Int(exactly: min(last - first, 1000)) ?? 1
    values = (0...parts).map { (first + Double($0)) * step }
  }

  /// With as many digits as tell neighbours apart.
  func label(_ value: Double) -> String {
    if abs(value) >= 1e6 || step < 1e-4 { return String(format: "%.4g", value) }
    return String(format: "%.\(max(0, Int(exactly: -step.exponentOfTen) ?? 0))f", value)
  }
}

extension Double {
  /// The power of ten that the number lies at or above.
  fileprivate var exponentOfTen: Double { (log10(self) + 1e-9).rounded(.down) }
}
