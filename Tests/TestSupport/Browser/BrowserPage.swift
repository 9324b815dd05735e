import Foundation

/// A page in the browser, with all that it complained of and all that it asked the outside for.
public final class BrowserPage {
  private let browser: Browser
  /// The page in whose storage this one is, a tab beside it; it must not end before.
  private let neighbour: BrowserPage?
  private let context: String
  let session: String
  private let log = PageLog()

  /// Opens a file and waits until it is loaded.
  ///
  /// - Parameters:
  ///   - width: of the window, in pixels.
  ///   - isDark: whether the reader prefers dark pages.
  ///   - downloads: a folder for what the page offers to save.
  ///   - neighbour: a page with which it shares what the browser keeps, as another tab does.
  public init(
    file path: String, width: Int = 1000, height: Int = 800, isDark: Bool = false,
    downloads: String? = nil, beside neighbour: BrowserPage? = nil
  ) throws {
    browser = try Browser.shared()
    self.neighbour = neighbour
    context =
      try neighbour?.context
      ?? browser.ask("Target.createBrowserContext")["browserContextId"] as? String ?? ""
    let target = try browser.ask(
      "Target.createTarget", ["url": "about:blank", "browserContextId": context])
    let attached = try browser.ask(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
    session = attached["sessionId"] as? String ?? ""
    browser.hear(session) { [log] in log.take($0, $1) }
    for domain in ["Page", "Runtime", "Log", "Network"] { try ask("\(domain).enable") }
    if let downloads {
      try browser.ask(
        "Browser.setDownloadBehavior",
        [
          "behavior": "allow", "downloadPath": downloads, "browserContextId": context,
          "eventsEnabled": true,
        ])
    }
    try resize(width: width, height: height)
    try show(isDark: isDark)
    try open(file: path)
  }

  deinit {
    browser.hear(session, nil)
    // The target goes with the context, once the first of its pages ends.
    if neighbour != nil { return }
    _ = try? browser.ask("Target.disposeBrowserContext", ["browserContextId": context])
  }

  @discardableResult
  func ask(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    try browser.ask(method, parameters, session: session)
  }

  // MARK: Opening and showing

  /// Opens another file, or the same one once more.
  public func open(file path: String) throws {
    let address = URL(fileURLWithPath: path).absoluteString
    browser.locked { log.begin(address) }
    let answer = try ask("Page.navigate", ["url": address])
    if let error = answer["errorText"] { throw BrowserError("\(path): \(error)") }
    try wait(for: "document.readyState === 'complete'")
  }

  /// The size of the window; pages wider than they should be can be told by `document`.
  public func resize(width: Int, height: Int) throws {
    try ask(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  /// What the reader prefers, and whether the page is shown as it is printed.
  public func show(isDark: Bool = false, isPrint: Bool = false) throws {
    try ask(
      "Emulation.setEmulatedMedia",
      [
        "media": isPrint ? "print" : "",
        "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]],
      ])
  }

  /// Writes what is seen as PNG; the whole page where `isWhole`.
  public func screenshot(to path: String, isWhole: Bool = false) throws {
    let answer = try ask("Page.captureScreenshot", ["captureBeyondViewport": isWhole])
    guard let data = Data(base64Encoded: answer["data"] as? String ?? "") else {
      throw BrowserError("no picture of the page")
    }
    try data.write(to: URL(fileURLWithPath: path))
  }

  /// The page as it is printed, as PDF.
  public func pdf() throws -> Data {
    let answer = try ask("Page.printToPDF", ["printBackground": true])
    return Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
  }

  // MARK: Asking

  /// The value of a JavaScript expression, which may be a promise.
  public func value<Value: Decodable>(
    _ expression: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let answer = try ask(
      "Runtime.evaluate",
      [
        "expression": "(async () => JSON.stringify([await (\(expression))]))()",
        "awaitPromise": true, "returnByValue": true, "userGesture": true,
      ])
    if let exception = answer["exceptionDetails"] as? [String: Any] {
      throw BrowserError("\(expression.prefix(200)): \(PageLog.text(of: exception))")
    }
    let result = answer["result"] as? [String: Any]
    let json = result?["value"] as? String ?? "[null]"
    guard let value = try JSONDecoder().decode([Value].self, from: Data(json.utf8)).first else {
      throw BrowserError("\(expression.prefix(200)): has no value")
    }
    return value
  }

  /// Runs JavaScript statements.
  public func run(_ statements: String) throws {
    _ = try value("(() => { \(statements); return true })()", as: Bool.self)
  }

  /// Waits until a JavaScript expression is true.
  public func wait(for expression: String, seconds: Double = 30) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !value("!!(\(expression))", as: Bool.self) {
      guard Date() < deadline else {
        throw BrowserError("not so in \(seconds) seconds: \(expression)")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  /// The text of the first element of a selector, as it is shown.
  public func text(_ selector: String) throws -> String {
    try value("document.querySelector(\(quoted(selector))).innerText")
  }

  /// How many elements of a selector there are.
  public func count(_ selector: String) throws -> Int {
    try value("document.querySelectorAll(\(quoted(selector))).length")
  }

  func quoted(_ text: String) -> String {
    let json = (try? JSONEncoder().encode([text])) ?? Data()
    return String(String(decoding: json, as: UTF8.self).dropFirst().dropLast())
  }

  // MARK: What it did

  /// Errors and warnings of the console, exceptions, and what the content policy forbade.
  public var complaints: [String] { browser.locked { log.complaints } }

  /// Addresses outside of the page that it asked for.
  public var requests: [String] { browser.locked { log.requests } }
}

/// What a page complained of. Its browser's lock protects it.
private final class PageLog {
  private(set) var complaints: [String] = []
  private(set) var requests: [String] = []
  private var address = ""

  func begin(_ address: String) { self.address = address }

  func take(_ event: String, _ values: [String: Any]) {
    switch event {
    case "Runtime.consoleAPICalled":
      guard let type = values["type"] as? String, ["error", "warning", "assert"].contains(type)
      else { return }
      let arguments = values["args"] as? [[String: Any]] ?? []
      complaints.append(
        "\(type): " + arguments.map { "\($0["value"] ?? $0["description"] ?? "")" }.joined())
    case "Runtime.exceptionThrown":
      complaints.append(
        "exception: " + PageLog.text(of: values["exceptionDetails"] as? [String: Any] ?? [:]))
    case "Log.entryAdded":
      let entry = values["entry"] as? [String: Any] ?? [:]
      if ["error", "warning"].contains(entry["level"] as? String ?? "") {
        complaints.append("\(entry["source"] ?? ""): \(entry["text"] ?? "")")
      }
    case "Network.requestWillBeSent":
      let url = (values["request"] as? [String: Any])?["url"] as? String ?? ""
      let isInside =
        url == address || url.hasPrefix("data:") || url.hasPrefix("blob:")
        || url.hasPrefix("about:")
      if !isInside { requests.append(url) }
    default: break
    }
  }

  static func text(of exception: [String: Any]) -> String {
    let thrown = exception["exception"] as? [String: Any]
    return "\(thrown?["description"] ?? exception["text"] ?? exception)"
  }
}
