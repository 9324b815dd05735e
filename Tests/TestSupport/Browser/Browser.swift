import Foundation

/// What a browser test cannot go on from.
public struct BrowserError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

// @unchecked: all that changes is read and written under `condition`.
/// Headless Chromium for tests of pages, driven by its debugging protocol over a pipe: no server, no
/// port, no driver. One runs for all tests of a process; each page has storage of its own.
public final class Browser: @unchecked Sendable {
  /// Where Chromium is, if it is installed.
  public static let path: String? =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].lazy
    .flatMap { name in
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/\(name)" }
    }.first { access($0, X_OK) == 0 }

  /// Whether tests in a browser are to run: where one is, and wherever nothing may be left out.
  public static let isExpected =
    path != nil || ProcessInfo.processInfo.environment["CI"] != nil

  /// What is said of tests that are left out.
  public static let absence = "no chromium in PATH; .make/install-packages --tests installs it"

  private static let lock = NSLock()
  nonisolated(unsafe) private static var running: Browser?

  /// The browser of this process, begun when it is first asked for and ended with the process.
  public static func shared() throws -> Browser {
    try lock.withLock {
      if let running { return running }
      let browser = try Browser()
      running = browser
      atexit { Browser.running?.end() }
      return browser
    }
  }

  private let child: ChildBrowser
  private let folder = ScratchFolder()
  private let sending = NSLock()
  private let condition = NSCondition()
  private var lastNumber = 0
  private var answers: [Int: Data] = [:]
  private var listeners: [String: (String, [String: Any]) -> Void] = [:]
  private var hasEnded = false

  private init() throws {
    guard let path = Browser.path else { throw BrowserError(Browser.absence) }
    child = try ChildBrowser(
      path: path,
      arguments: [
        "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-dev-shm-usage",
        "--disable-gpu", "--no-first-run", "--disable-extensions", "--mute-audio",
        "--disable-background-networking", "--hide-scrollbars", "--lang=en",
        "--force-color-profile=srgb", "--user-data-dir=\(folder("profile"))", "about:blank",
      ])
    let thread = Thread { [unowned self] in self.listen() }
    thread.name = "browser"
    thread.start()
  }

  private func listen() {
    child.read { message in
      guard
        let object = try? JSONSerialization.jsonObject(with: message) as? [String: Any]
      else { return }
      condition.withLock {
        if let number = object["id"] as? Int {
          answers[number] = message
          condition.broadcast()
        } else if let session = object["sessionId"] as? String,
          let method = object["method"] as? String
        {
          listeners[session]?(method, object["params"] as? [String: Any] ?? [:])
          condition.broadcast()
        }
      }
    }
    condition.withLock {
      hasEnded = true
      condition.broadcast()
    }
  }

  private func end() {
    child.end()
    try? FileManager.default.removeItem(atPath: folder.path)
  }

  // MARK: Messages

  /// Asks the browser, or a page of it, for something and waits for the answer.
  @discardableResult
  func ask(
    _ method: String, _ parameters: [String: Any] = [:], session: String? = nil,
    seconds: Double = 60
  ) throws -> [String: Any] {
    let number = condition.withLock {
      lastNumber += 1
      return lastNumber
    }
    var message: [String: Any] = ["id": number, "method": method, "params": parameters]
    message["sessionId"] = session
    let bytes = try JSONSerialization.data(withJSONObject: message)
    // Not under the condition: the browser may have to be read before it reads on.
    try sending.withLock { try child.send(bytes) }
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while answers[number] == nil {
      if hasEnded { throw BrowserError("the browser ended during \(method)") }
      guard condition.wait(until: deadline) else {
        throw BrowserError("no answer to \(method) in \(seconds) seconds")
      }
    }
    let data = answers.removeValue(forKey: number) ?? Data()
    let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    if let error = answer["error"] as? [String: Any] {
      throw BrowserError("\(method): \(error["message"] ?? error)")
    }
    return answer["result"] as? [String: Any] ?? [:]
  }

  /// Calls `take` with the events of a page; under the lock, so it must be short.
  func hear(_ session: String, _ take: ((String, [String: Any]) -> Void)?) {
    condition.withLock { listeners[session] = take }
  }

  /// Reads what `take` writes.
  func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }
}
