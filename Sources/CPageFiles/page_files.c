// The style sheets and scripts of pages, as bytes of the program. The compiler takes a file in
// milliseconds by #embed, where the same bytes as an array in Swift take it seconds.
#include "page_files.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page_css[] = {
#embed "Files/page.css"
};
static const unsigned char page_js[] = {
#embed "Files/page.js"
};
static const unsigned char report_css[] = {
#embed "Files/report.css"
};
static const unsigned char report_js[] = {
#embed "Files/report.js"
};
static const unsigned char report_tables_js[] = {
#embed "Files/report-tables.js"
};
static const unsigned char report_charts_js[] = {
#embed "Files/report-charts.js"
};
static const unsigned char report_clips_js[] = {
#embed "Files/report-clips.js"
};
static const unsigned char report_training_js[] = {
#embed "Files/report-training.js"
};
static const unsigned char report_end_js[] = {
#embed "Files/report-end.js"
};
static const unsigned char review_css[] = {
#embed "Files/review.css"
};
static const unsigned char review_corrections_js[] = {
#embed "Files/review-corrections.js"
};
static const unsigned char review_downloads_js[] = {
#embed "Files/review-downloads.js"
};
static const unsigned char review_timeline_js[] = {
#embed "Files/review-timeline.js"
};
static const unsigned char review_player_js[] = {
#embed "Files/review-player.js"
};
static const unsigned char review_list_js[] = {
#embed "Files/review-list.js"
};
static const unsigned char review_js[] = {
#embed "Files/review.js"
};

#define FILE_NAMED(name, bytes) {name, bytes, sizeof(bytes)}

static const vc_page_file files[] = {
    FILE_NAMED("page.css", page_css),
    FILE_NAMED("page.js", page_js),
    FILE_NAMED("report.css", report_css),
    FILE_NAMED("report.js", report_js),
    FILE_NAMED("report-tables.js", report_tables_js),
    FILE_NAMED("report-charts.js", report_charts_js),
    FILE_NAMED("report-clips.js", report_clips_js),
    FILE_NAMED("report-training.js", report_training_js),
    FILE_NAMED("report-end.js", report_end_js),
    FILE_NAMED("review.css", review_css),
    FILE_NAMED("review-corrections.js", review_corrections_js),
    FILE_NAMED("review-downloads.js", review_downloads_js),
    FILE_NAMED("review-timeline.js", review_timeline_js),
    FILE_NAMED("review-player.js", review_player_js),
    FILE_NAMED("review-list.js", review_list_js),
    FILE_NAMED("review.js", review_js),
};

const vc_page_file *vc_page_file_named(const char *name) {
  for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i)
    if (strcmp(files[i].name, name) == 0) return &files[i];
  return NULL;
}
