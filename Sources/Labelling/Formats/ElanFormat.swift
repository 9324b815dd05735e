import ClipSampling
import FileStore

/// ELAN's own document (`.eaf`, version 3.0) of one movie: a tier of labels over time, their scores
/// on a tier below it, and the classes as a controlled vocabulary to choose from.
enum ElanFormat {
  private static let vocabulary = "vidclass"
  private static let language = "und"

  static func render(_ record: LabelRecord, _ settings: RenderSettings) -> String {
    let segments = record.shownSegments.map {
      (segment: $0, start: milliseconds($0.start), end: milliseconds($0.end))
    }.filter { $0.start < $0.end }
    let names = LabelRecord.labels(in: [record])
    var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
    lines.append(
      XMLText.tag(
        "ANNOTATION_DOCUMENT",
        [
          "AUTHOR": "vidclass", "DATE": UTCDate.text(record.modified), "FORMAT": "3.0",
          "VERSION": "3.0", "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
          "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        ], ends: false))
    lines += header(record, settings, annotations: 2 * segments.count)
    lines.append("<TIME_ORDER>")
    for (index, segment) in segments.enumerated() {
      for (slot, time) in [(2 * index + 1, segment.start), (2 * index + 2, segment.end)] {
        lines.append(
          XMLText.tag("TIME_SLOT", ["TIME_SLOT_ID": "ts\(slot)", "TIME_VALUE": String(time)]))
      }
    }
    lines.append("</TIME_ORDER>")
    lines += tiers(segments.map(\.segment), entries: names)
    lines += definitions(names)
    lines.append("</ANNOTATION_DOCUMENT>")
    return FileSeal.sealed(lines.joined(separator: "\n") + "\n")
  }

  private static func milliseconds(_ seconds: Double) -> Int {
    max(0, Int(clamping: (seconds * 1000).rounded()))
  }

  private static func header(
    _ record: LabelRecord, _ settings: RenderSettings, annotations: Int
  ) -> [String] {
    let location = MediaLocation(record.path, in: settings.workingFolder)
    return [
      XMLText.tag("HEADER", ["MEDIA_FILE": "", "TIME_UNITS": "milliseconds"], ends: false),
      XMLText.tag(
        "MEDIA_DESCRIPTOR",
        [
          // ELAN writes and reads the path as it is, without %20 for a space.
          "MEDIA_URL": "file://" + location.text,
          "MIME_TYPE": mimeType(record.path.fileExtension),
          "RELATIVE_MEDIA_URL": location.relative(to: settings.outputFolder),
        ]),
      "<PROPERTY NAME=\"seal\">\(FileSeal.open)</PROPERTY>",
      "<PROPERTY NAME=\"lastUsedAnnotationId\">\(annotations)</PROPERTY>",
      "</HEADER>",
    ]
  }

  private static func mimeType(_ fileExtension: String) -> String {
    switch fileExtension {
    case "mp4", "m4v": "video/mp4"
    case "mov", "qt": "video/quicktime"
    case "mpg", "mpeg": "video/mpeg"
    case "avi": "video/x-msvideo"
    default: "unknown"
    }
  }

  private static func tiers(_ segments: [LabelRecord.Segment], entries: [String]) -> [String] {
    var labels = [
      XMLText.tag("TIER", ["LINGUISTIC_TYPE_REF": "label", "TIER_ID": "vidclass"], ends: false)
    ]
    var scores = [
      XMLText.tag(
        "TIER",
        [
          "LINGUISTIC_TYPE_REF": "score", "PARENT_REF": "vidclass", "TIER_ID": "vidclass score",
        ], ends: false)
    ]
    for (index, segment) in segments.enumerated() {
      let entry = entries.firstIndex(of: segment.label) ?? 0
      labels.append(
        "<ANNOTATION>"
          + XMLText.tag(
            "ALIGNABLE_ANNOTATION",
            [
              "ANNOTATION_ID": "a\(index + 1)", "CVE_REF": "cve\(entry)",
              "TIME_SLOT_REF1": "ts\(2 * index + 1)", "TIME_SLOT_REF2": "ts\(2 * index + 2)",
            ], ends: false)
          + "<ANNOTATION_VALUE>\(XMLText.escaped(segment.label))</ANNOTATION_VALUE>"
          + "</ALIGNABLE_ANNOTATION></ANNOTATION>")
      scores.append(
        "<ANNOTATION>"
          + XMLText.tag(
            "REF_ANNOTATION",
            [
              "ANNOTATION_ID": "a\(segments.count + index + 1)", "ANNOTATION_REF": "a\(index + 1)",
            ], ends: false)
          + "<ANNOTATION_VALUE>\(Decimal.fixed(segment.score, 3))</ANNOTATION_VALUE>"
          + "</REF_ANNOTATION></ANNOTATION>")
    }
    return labels + ["</TIER>"] + scores + ["</TIER>"]
  }

  /// Types of tiers, the language of the vocabulary, constraints and the vocabulary, in the order
  /// that the schema asks for.
  private static func definitions(_ names: [String]) -> [String] {
    var lines = [
      XMLText.tag(
        "LINGUISTIC_TYPE",
        [
          "CONTROLLED_VOCABULARY_REF": vocabulary, "GRAPHIC_REFERENCES": "false",
          "LINGUISTIC_TYPE_ID": "label", "TIME_ALIGNABLE": "true",
        ]),
      XMLText.tag(
        "LINGUISTIC_TYPE",
        [
          "CONSTRAINTS": "Symbolic_Association", "GRAPHIC_REFERENCES": "false",
          "LINGUISTIC_TYPE_ID": "score", "TIME_ALIGNABLE": "false",
        ]),
      XMLText.tag(
        "LANGUAGE",
        [
          "LANG_DEF": "http://cdb.iso.org/lg/CDB-00130975-001", "LANG_ID": language,
          "LANG_LABEL": "undetermined (und)",
        ]),
      XMLText.tag(
        "CONSTRAINT",
        [
          "DESCRIPTION": "1-1 association with a parent annotation",
          "STEREOTYPE": "Symbolic_Association",
        ]),
      XMLText.tag("CONTROLLED_VOCABULARY", ["CV_ID": vocabulary], ends: false),
      XMLText.tag("DESCRIPTION", ["LANG_REF": language]),
    ]
    for (index, name) in names.enumerated() {
      lines.append(
        XMLText.tag("CV_ENTRY_ML", ["CVE_ID": "cve\(index)"], ends: false)
          + XMLText.tag("CVE_VALUE", ["LANG_REF": language], ends: false)
          + "\(XMLText.escaped(name))</CVE_VALUE></CV_ENTRY_ML>")
    }
    return lines + ["</CONTROLLED_VOCABULARY>"]
  }
}
