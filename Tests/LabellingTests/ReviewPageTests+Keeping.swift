import TestSupport
import Testing
import VideoDecoding

@testable import Labelling

// What the browser keeps of corrections, and what other tabs do.
extension ReviewPageTests {
  @Test func tabsTakeOverFromEachOther() throws {
    let path = try write([record(MediaPath(Self.movie)), record(MediaPath("b.mp4"))])
    let page = try open(path)
    let other = try BrowserPage(file: path, beside: page)
    func label(_ page: BrowserPage, _ movie: Int, is label: String) throws {
      try page.wait(for: "corrections.movies[\(movie)].segments[0].label === '\(label)'")
    }
    // Each changes a movie; both have both, and say so.
    try page.press("3")
    try label(other, 0, is: "right")
    #expect(try other.text(".facts").hasPrefix("right 0.00"))
    #expect(try other.text(".top").contains("Taken over from another tab: \(Self.movie)"))
    try other.press("j")
    try other.press("1")
    try label(page, 1, is: "approach")
    #expect(try page.text(".progress").contains("2 movies changed"))
    // The last change of a movie counts, undoing included, and what was taken over can be undone.
    try other.press("k")
    try other.press("l")
    try other.type("a new one")
    try other.press("Enter")
    try label(page, 0, is: "a new one")
    try page.press("u")
    try label(other, 0, is: "right")
    for tab in [page, other] { #expect(try segments(tab, movie: 1)[0] == "0 2 approach ✓") }
    // Whatever an event says, what is kept counts: this tab may have changed it since.
    try page.run(
      "dispatchEvent(new StorageEvent('storage', { key: corrections.movies[0].key, newValue: null }))"
    )
    #expect(try segments(page)[0] == "0 2 right ✓")
    for tab in [page, other] {
      let errors = tab.complaints.filter { !$0.contains("ERR_FILE_NOT_FOUND") }
      #expect(errors.isEmpty, "\(errors)")
    }
  }

  @Test func whatTheBrowserDoesNotKeepIsAskedFor() throws {
    let page = try open(write([record(MediaPath(Self.movie)), record(MediaPath("b.mp4"))]))
    func asks() throws -> Bool {
      try page.value("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    }
    try page.press("3")
    #expect(try !asks())
    try page.run(
      "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }")
    try page.press("2")
    #expect(try asks() && page.text(".top").contains("no room to keep what you did"))
    // A download is as good; the next change is at risk again, and a label of nobody's is no clip.
    let downloadList = "document.querySelector('.files button:nth-child(1)').click()"
    try page.run(downloadList)
    #expect(try !asks() && !page.text(".top").contains("no room"))
    try page.press("0")
    try page.run(downloadList)
    #expect(try asks())
    try page.run("document.querySelector('.files button:nth-child(2)').click()")
    #expect(try !asks())
    // What was not kept is, as soon as there is room.
    try page.press("1")
    try page.press("j")
    #expect(try asks())
    try page.run(
      "Storage.prototype.setItem = function (key, text) { this[key] = text }")
    try page.press("1")
    #expect(try !asks() && page.value("localStorage.length", as: Int.self) == 2)
  }
}
