/// A confusion matrix as an SVG picture: rows are the truth, the shade is the share of the row.
public struct MatrixChart: Sendable {
  /// What stands above it.
  public let title: String
  /// In the order of rows and columns.
  public let classes: [String]
  /// `[truth][prediction]` clips.
  public let counts: [[Int]]

  /// Larger ones have no numbers in their cells.
  private static let mostNumbered = 40

  /// - Parameter counts: a row and a column for each class.
  public init(title: String, classes: [String], counts: [[Int]]) {
    precondition(counts.count == classes.count, "a row for each class")
    self.title = title
    self.classes = classes
    self.counts = counts
  }

  /// The whole picture.
  public var svg: String {
    let isNumbered = classes.count <= MatrixChart.mostNumbered
    let cell = isNumbered ? 38.0 : max(4, 1200 / Double(classes.count))
    let size = min(12, cell - 1)
    let names = classes.map { Shortened.end($0, 24) }
    let widest = names.map { SVGCanvas.width(of: $0, size: size) }.max() ?? 0
    let side = cell * Double(classes.count)
    let (left, top) = (widest + 46, 46.0)
    let titleWidth = SVGCanvas.width(of: title, size: 16) + 32
    var canvas = SVGCanvas(
      width: max(left + side + 24, titleWidth, left + 60), height: top + side + widest + 52)
    canvas.text(title, x: 16, y: 27, size: 16, bold: true)
    for (truth, row) in counts.enumerated() {
      let y = top + Double(truth) * cell
      let total = max(1, row.reduce(0, +))
      canvas.text(
        names[truth], x: left - 8, y: y + cell / 2 + size / 3, size: size, anchor: .end)
      for (answer, count) in row.enumerated() {
        let share = Double(count) / Double(total)
        let x = left + Double(answer) * cell
        // A thousand classes have a million cells, nearly all of them empty.
        guard isNumbered || count > 0 else { continue }
        canvas.rectangle(
          x: x, y: y, width: cell, height: cell, fill: ChartStyle.heat(share),
          stroke: isNumbered ? ChartStyle.grid : "none")
        if isNumbered, count > 0 {
          let digits = "\(count)"
          canvas.text(
            digits, x: x + cell / 2, y: y + cell / 2 + 4,
            size: min(12, 1.5 * (cell - 4) / Double(digits.count)), anchor: .middle,
            colour: share > 0.5 ? "#ffffff" : ChartStyle.ink)
        }
      }
    }
    canvas.rectangle(
      x: left, y: top, width: side, height: side, fill: "none", stroke: ChartStyle.soft)
    for (answer, name) in names.enumerated() {
      canvas.text(
        name, x: left + (Double(answer) + 0.5) * cell + size / 3, y: top + side + 8, size: size,
        anchor: .end, turned: -90)
    }
    canvas.text(
      "answer", x: left + side / 2, y: top + side + widest + 38, size: 13, anchor: .middle)
    canvas.text("truth", x: 20, y: top + side / 2, size: 13, anchor: .middle, turned: -90)
    return canvas.document(title: title)
  }
}
