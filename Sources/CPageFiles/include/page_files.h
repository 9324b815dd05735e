#ifndef VIDCLASS_PAGE_FILES_H
#define VIDCLASS_PAGE_FILES_H

#include <stddef.h>

/// A style sheet or script that is part of the program.
typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} vc_page_file;

/// The file of this name in the folder Files; NULL where there is none.
const vc_page_file *vc_page_file_named(const char *name);

#endif
