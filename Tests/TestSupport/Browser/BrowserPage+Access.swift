import Foundation

/// axe-core, which finds what keeps people from using a page.
public enum AccessRules {
  private static let path = Repository.path + "/.build/axe/axe.min.js"

  /// Its script, where the test command has fetched it.
  public static let script: String? =
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }

  /// Whether tests by it are to run: where it is, and wherever nothing may be left out.
  public static let isExpected =
    Browser.isExpected
    && (script != nil || ProcessInfo.processInfo.environment["CI"] != nil)

  /// What is said of tests that are left out.
  public static let absence =
    "no chromium in PATH, or no axe-core in .build/axe, where .make/axe puts it by pip"
}

extension BrowserPage {
  /// What axe-core calls serious or critical, a line each: the rule, and the first elements.
  public func barriers() throws -> [String] {
    guard let script = AccessRules.script else { throw BrowserError(AccessRules.absence) }
    try ask("Runtime.evaluate", ["expression": script])
    return try value(
      """
      axe.run(document).then(result => result.violations
        .filter(rule => rule.impact === 'serious' || rule.impact === 'critical')
        .map(rule => `${rule.id}: ${rule.help}: ` +
          rule.nodes.slice(0, 4).map(node => node.target + ' ' + (node.any[0]?.message ?? '')).join('; ')))
      """)
  }

  /// The elements that Tab reaches one after the other from the top, each in a few words, at most
  /// `limit` of them.
  public func tabStops(limit: Int = 200) throws -> [String] {
    // Where focus was last, Tab goes on from: here a place before everything else.
    try run(
      """
      const start = document.createElement('span');
      start.tabIndex = -1;
      document.body.prepend(start);
      start.focus();
      start.remove()
      """)
    var stops: [String] = []
    for _ in 0..<limit {
      try press("Tab")
      let stop: String = try value(
        """
        (() => { const e = document.activeElement;
          return e === document.body ? '' : e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + ' '
            + (e.getAttribute('aria-label') ?? e.innerText ?? '').slice(0, 40); })()
        """)
      if stop.isEmpty { break }
      stops.append(stop)
    }
    return stops
  }
}
