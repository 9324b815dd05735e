import Foundation

// What hands do: the mouse and the keyboard, through the browser's own input.
extension BrowserPage {
  /// Held while another key is pressed.
  public struct Modifiers: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let alt = Modifiers(rawValue: 1)
    public static let control = Modifiers(rawValue: 2)
    public static let shift = Modifiers(rawValue: 8)
  }

  /// The middle of the first element of a selector, once it is in view.
  public func place(_ selector: String) throws -> (x: Double, y: Double) {
    let place: [Double]? = try value(
      """
      (() => {
        const element = document.querySelector(\(quoted(selector)));
        if (!element) return null;
        element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
        const box = element.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];
      })()
      """)
    guard let place else { throw BrowserError("no element \(selector)") }
    return (place[0], place[1])
  }

  /// Clicks the middle of the first element of a selector.
  public func click(_ selector: String) throws {
    let place = try place(selector)
    try mouse("mouseMoved", place.x, place.y)
    try mouse("mousePressed", place.x, place.y)
    try mouse("mouseReleased", place.x, place.y)
  }

  /// Moves the pointer over an element, `dx` and `dy` pixels from its middle.
  public func hover(_ selector: String, dx: Double = 0, dy: Double = 0) throws {
    let place = try place(selector)
    try mouse("mouseMoved", place.x + dx, place.y + dy)
  }

  /// Drags the first element of a selector.
  public func drag(_ selector: String, dx: Double, dy: Double = 0) throws {
    let place = try place(selector)
    try mouse("mouseMoved", place.x, place.y)
    try mouse("mousePressed", place.x, place.y)
    for step in 1...4 {
      let share = Double(step) / 4
      try mouse("mouseMoved", place.x + share * dx, place.y + share * dy, isDown: true)
    }
    try mouse("mouseReleased", place.x + dx, place.y + dy)
  }

  private func mouse(
    _ type: String, _ x: Double, _ y: Double, isDown: Bool = false
  ) throws {
    let isMove = type == "mouseMoved"
    try ask(
      "Input.dispatchMouseEvent",
      [
        "type": type, "x": x, "y": y, "button": isMove && !isDown ? "none" : "left",
        "buttons": type == "mousePressed" || isDown ? 1 : 0, "clickCount": isMove ? 0 : 1,
      ])
  }

  /// Presses a key by its name in events: `Enter`, `ArrowDown`, `a`, `?`.
  public func press(_ key: String, _ modifiers: Modifiers = []) throws {
    var values: [String: Any] = ["key": key, "modifiers": modifiers.rawValue]
    let codes = [
      "Enter": 13, "Tab": 9, "Escape": 27, "Backspace": 8, "Delete": 46, "Home": 36, "End": 35,
      "PageUp": 33, "PageDown": 34, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
      "ArrowDown": 40,
    ]
    if let code = codes[key] {
      values["code"] = key
      values["windowsVirtualKeyCode"] = code
      if key == "Enter" { values["text"] = "\r" }
    } else if let character = key.uppercased().utf16.first, key.utf16.count == 1 {
      if character < 128 { values["windowsVirtualKeyCode"] = Int(character) }
      if key == " " { values["code"] = "Space" }
      if modifiers.isDisjoint(with: [.control, .alt]) { values["text"] = key }
    }
    values["type"] = values["text"] == nil ? "rawKeyDown" : "keyDown"
    try ask("Input.dispatchKeyEvent", values)
    values["type"] = "keyUp"
    values["text"] = nil
    try ask("Input.dispatchKeyEvent", values)
  }

  /// Types text into what has the focus.
  public func type(_ text: String) throws { try ask("Input.insertText", ["text": text]) }

  /// The file of this name in the folder for downloads, when it is there in full.
  public func download(_ name: String, in folder: String, seconds: Double = 20) throws -> Data {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      // The name is taken by an empty file before the browser moves the full one there.
      if let data = FileManager.default.contents(atPath: folder + "/" + name), !data.isEmpty {
        return data
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    throw BrowserError("no download \(name) in \(seconds) seconds")
  }
}
