internal import CPageFiles
import FileStore
import Foundation

/// One HTML document that needs nothing else: styles, scripts, pictures and data are inside, and its
/// content security policy lets it reach nothing outside.
public struct WebPage: Sendable {
  private let title: String
  private let playsMedia: Bool
  private var styles: [String]
  private var scripts: [String]
  private var blocks: [String] = []
  private var body = ""

  /// Begins with the styles and scripts that all pages share.
  ///
  /// - Parameter playsMedia: whether the page may show movies, which lie beside it as files.
  public init(title: String, playsMedia: Bool = false) {
    self.title = title
    self.playsMedia = playsMedia
    styles = [WebPage.file("page.css")]
    scripts = [WebPage.file("page.js")]
  }

  /// Adds a style sheet after those that are there, as UTF-8.
  public mutating func add(style: [UInt8]) {
    let style = WebPage.text(style)
    precondition(!style.contains("</"), "a style sheet without tags")
    styles.append(style)
  }

  /// Adds a script after those that are there, as UTF-8. It sees what page.js calls `page`.
  public mutating func add(script: [UInt8]) {
    let script = WebPage.text(script)
    precondition(
      !script.lowercased().contains("</script") && !script.contains("<!--"),
      "a script that cannot end its element")
    scripts.append(script)
  }

  /// Adds a style sheet or a script of the program by its name in `CPageFiles`.
  package mutating func add(file name: String) {
    let text = Array(WebPage.file(name).utf8)
    if name.hasSuffix(".css") { add(style: text) } else { add(script: text) }
  }

  /// Adds data, which scripts read by `page.data(id)`.
  public mutating func add(data: some Encodable, id: String) throws {
    precondition(id.allSatisfy { $0.isASCII && $0.isLetter }, "an id of letters")
    let json = try PageData.json(data)
    blocks.append("<script type=\"application/json\" id=\"\(id)\">\(json)</script>\n")
  }

  /// Adds HTML of the page itself; texts in it are escaped already.
  public mutating func add(body html: String) { body += html }

  /// The whole document.
  public var text: String {
    let style = styles.joined(separator: "\n")
    let script = scripts.joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy(style: style, script: script))">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>\(MarkupText.escaped(PathText.display(title)))</title>
      <link rel="icon" href="data:,">
      <style>\(style)</style>
      </head>
      <body>
      \(body)
      <noscript><p>This page shows its data by a script inside of it, which this browser does not \
      run. It needs no network.</p></noscript>
      \(blocks.joined())<script>\(script)</script>
      </body>
      </html>

      """
  }

  /// Nothing but this very style and script, and pictures inside of the page.
  private func policy(style: String, script: String) -> String {
    var policy =
      "default-src 'none'; script-src 'sha256-\(WebPage.hash(script))'; "
      + "style-src 'sha256-\(WebPage.hash(style))'; img-src data:; base-uri 'none'; "
      + "form-action 'none'"
    if playsMedia { policy += "; media-src file: 'self'" }
    return policy
  }

  /// SHA-256 of a text as policies want it.
  private static func hash(_ text: String) -> String {
    var hash = SHA256()
    hash.update(text)
    let digits = Array(hash.finish())
    let bytes = stride(from: 0, to: digits.count, by: 2).map { position -> UInt8 in
      guard let byte = UInt8(String(digits[position...position + 1]), radix: 16) else {
        preconditionFailure("a digest in hexadecimal")
      }
      return byte
    }
    return Data(bytes).base64EncodedString()
  }

  private static func file(_ name: String) -> String {
    guard let file = vc_page_file_named(name) else {
      preconditionFailure("\(name) is a file of pages")
    }
    return text(Array(UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count)))
  }

  private static func text(_ bytes: [UInt8]) -> String {
    // Browsers hash what they read, where a line ends with LF alone.
    precondition(!bytes.contains(13), "lines that end with LF")
    return String(decoding: bytes, as: UTF8.self)
  }
}
