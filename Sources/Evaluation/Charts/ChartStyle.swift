import FileStore

/// How charts look: on paper, in grey and to the colour-blind alike.
enum ChartStyle {
  /// Names that are found where a figure is shown, edited or printed; the last is always there.
  static let fonts = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
  static let ink = "#1c2024"
  static let soft = "#5f6670"
  static let grid = "#e1e4e8"

  /// Of Okabe and Ito (2008), without yellow, which white paper swallows.
  private static let colours = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000",
  ]
  /// Lengths of strokes and gaps; the first line is whole.
  private static let dashes = ["", "9 4", "2 3", "12 4 2 4", "5 3", "14 5", "2 3 8 3"]

  /// Lines that can be told apart.
  static let distinct = 7

  static func colour(_ index: Int) -> String { colours[index % colours.count] }

  static func dash(_ index: Int) -> String {
    let dash = dashes[index % dashes.count]
    return dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
  }

  /// A share of white to dark blue.
  static func heat(_ share: Double) -> String {
    let share = max(0, min(1, share))
    func channel(_ dark: Double) -> Int { Int(clamping: (255 + (dark - 255) * share).rounded()) }
    return "rgb(\(channel(0)),\(channel(84)),\(channel(140)))"
  }
}

/// Builds the text of an SVG picture, element by element.
struct SVGCanvas {
  enum Anchor: String { case start, middle, end }

  let width: Double
  let height: Double
  private var body = ""

  init(width: Double, height: Double) {
    (self.width, self.height) = (width, height)
  }

  /// The whole picture, on a white ground; `title` is read out.
  func document(title: String) -> String {
    let (width, height) = (SVGCanvas.number(width), SVGCanvas.number(height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" font-family="\(ChartStyle.fonts)">
      <title>\(SVGCanvas.escaped(title))</title>
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>
      \(body)</svg>

      """
  }

  mutating func line(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), colour: String,
    width: Double = 1, more: String = ""
  ) {
    body +=
      "<line x1=\"\(n(from.x))\" y1=\"\(n(from.y))\" x2=\"\(n(to.x))\" y2=\"\(n(to.y))\" "
      + "stroke=\"\(colour)\" stroke-width=\"\(n(width))\"\(more)/>\n"
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String, stroke: String = "none"
  ) {
    body +=
      "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" "
      + "fill=\"\(fill)\" stroke=\"\(stroke)\"/>\n"
  }

  mutating func polyline(_ points: [(x: Double, y: Double)], series: Int) {
    let text = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
    body +=
      "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(ChartStyle.colour(series))\" "
      + "stroke-width=\"2\" stroke-linejoin=\"round\"\(ChartStyle.dash(series))/>\n"
  }

  /// The mark of a series: each has a shape of its own.
  mutating func marker(_ at: (x: Double, y: Double), series: Int, size: Double = 4) {
    let (x, y, r) = (at.x, at.y, size)
    func polygon(_ points: [(Double, Double)]) -> String {
      let text = points.map { "\(n(x + $0.0 * r)),\(n(y + $0.1 * r))" }.joined(separator: " ")
      return "<polygon points=\"\(text)\""
    }
    let shape =
      switch series % ChartStyle.distinct {
      case 0: "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\""
      case 1: polygon([(-1, -1), (1, -1), (1, 1), (-1, 1)])
      case 2: polygon([(0, -1.25), (1.15, 0.9), (-1.15, 0.9)])
      case 3: polygon([(0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)])
      case 4: polygon([(0, 1.25), (1.15, -0.9), (-1.15, -0.9)])
      case 5: polygon([(-1.3, -0.45), (1.3, -0.45), (1.3, 0.45), (-1.3, 0.45)])
      default: polygon([(-0.45, -1.3), (0.45, -1.3), (0.45, 1.3), (-0.45, 1.3)])
      }
    body +=
      shape + " fill=\"\(ChartStyle.colour(series))\" stroke=\"#ffffff\" stroke-width=\"0.75\"/>\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start,
    colour: String = ChartStyle.ink, bold: Bool = false, turned: Double = 0
  ) {
    let weight = bold ? " font-weight=\"bold\"" : ""
    let turn = turned == 0 ? "" : " transform=\"rotate(\(n(turned)) \(n(x)) \(n(y)))\""
    body +=
      "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" "
      + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(colour)\"\(weight)\(turn)>"
      + SVGCanvas.escaped(text) + "</text>\n"
  }

  /// The most that a text takes in any of the fonts, which nobody can measure here.
  static func width(of text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let share =
        switch scalar {
        case "i", "j", "l", ".", ",", ":", ";", "'", "|", "!", " ", "t", "f", "r": 0.42
        case "m", "w", "M", "W", "@", "%": 1.0
        case "A"..."Z": 0.78
        case _ where scalar.isASCII: 0.65
        case "\u{300}"..."\u{36F}": 0.0
        default: 1.1
        }
      return sum + share
    } * size
  }

  static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(clamping: rounded))" : "\(rounded)"
  }

  private func n(_ value: Double) -> String { SVGCanvas.number(value) }

  /// Text as XML allows it: no control characters, and no code points that are no characters.
  static func escaped(_ text: String) -> String {
    var allowed = String.UnicodeScalarView()
    for scalar in PathText.display(text).unicodeScalars {
      allowed.append(scalar.value & 0xFFFE == 0xFFFE ? "\u{FFFD}" : scalar)
    }
    return MarkupText.escaped(String(allowed))
  }
}
