/* i2v: what an executable file tells the kernel and the loader
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "launcher/binary.h"

/* More than this the kernel does not take of program headers. */
enum { MAX_TABLE = 65536 };

typedef struct File {
    int fd;
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[MAX_TABLE / sizeof(ElfW(Phdr))];
    ElfW(Dyn) dynamic[MAX_TABLE / sizeof(ElfW(Dyn))];
    size_t entries; ///< of `dynamic`
} File;

/* ---- ourselves ---- */

typedef struct Own {
    unsigned char data; ///< EI_DATA
    ElfW(Half) machine; ///< e_machine
    const char *loader;
} Own;

/* The first object is the program itself. Its file header is where the segment that
 * begins with the file was mapped. */
static int look_at_self(struct dl_phdr_info *info, size_t size, void *opaque)
{
    Own *own = opaque;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type == PT_INTERP)
            own->loader = (const char *)start;
        if (segment->p_type == PT_LOAD && !segment->p_offset) {
            const ElfW(Ehdr) *header = (const void *)start;

            own->data = header->e_ident[EI_DATA];
            own->machine = header->e_machine;
        }
    }
    return 1;
}

static const Own *own(void)
{
    static Own own;

    if (!own.machine)
        dl_iterate_phdr(look_at_self, &own);
    return &own;
}

const char *binary_own_loader(void)
{
    return own()->loader;
}

/* ---- the file ---- */

/* As much as there is of a part of the file. @return its bytes, 0 if there are none */
static size_t read_some(const File *file, uint64_t offset, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size && offset <= INT64_MAX - size) {
        ssize_t more =
            pread(file->fd, (char *)buffer + done, size - done, (off_t)(offset + done));

        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        done += (size_t)more;
    }
    return done;
}

static bool read_whole(const File *file, uint64_t offset, void *buffer, size_t size)
{
    return read_some(file, offset, buffer, size) == size;
}

/* A string of less than PATH_MAX bytes. */
static bool read_string(const File *file, uint64_t offset, char *string)
{
    return memchr(string, 0, read_some(file, offset, string, PATH_MAX)) != NULL;
}

static BinaryKind read_header(File *file)
{
    const unsigned char *ident = file->header.e_ident;
    size_t size = read_some(file, 0, &file->header, sizeof(file->header));

    if (size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG))
        return BINARY_NONE;
    if (size < sizeof(file->header))
        return BINARY_DAMAGED;
    if (ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return BINARY_OTHER_SIZE;
    if (own()->machine &&
        (ident[EI_DATA] != own()->data || file->header.e_machine != own()->machine))
        return BINARY_OTHER_MACHINE;
    return BINARY_OURS;
}

static bool read_segments(File *file)
{
    const ElfW(Ehdr) *header = &file->header;

    return (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
           header->e_phentsize == sizeof(*file->segments) && header->e_phnum > 0 &&
           header->e_phnum <= sizeof(file->segments) / sizeof(*file->segments) &&
           read_whole(file, header->e_phoff, file->segments,
                      header->e_phnum * sizeof(*file->segments));
}

static const ElfW(Phdr) * find_segment(const File *file, ElfW(Word) type)
{
    for (size_t i = 0; i < file->header.e_phnum; i++)
        if (file->segments[i].p_type == type)
            return &file->segments[i];
    return NULL;
}

static bool read_loader(const File *file, char *loader)
{
    const ElfW(Phdr) *segment = find_segment(file, PT_INTERP);

    return !segment || (read_string(file, segment->p_offset, loader) && *loader);
}

/* Where in the file lies what is at an address in memory. */
static bool find_offset(const File *file, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < file->header.e_phnum; i++) {
        const ElfW(Phdr) *segment = &file->segments[i];

        if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
            address - segment->p_vaddr >= segment->p_filesz)
            continue;
        *offset = address - segment->p_vaddr + segment->p_offset;
        return *offset >= segment->p_offset;
    }
    return false;
}

/* Of a program without libraries there may be none. */
static bool read_dynamic(File *file)
{
    const ElfW(Phdr) *segment = find_segment(file, PT_DYNAMIC);
    size_t size = segment ? segment->p_filesz : 0;

    if (size > sizeof(file->dynamic) ||
        (segment && !read_whole(file, segment->p_offset, file->dynamic, size)))
        return false;
    while (file->entries < size / sizeof(*file->dynamic) &&
           file->dynamic[file->entries].d_tag != DT_NULL)
        file->entries++;
    return true;
}

/* ---- libraries ---- */

unsigned binary_avformat(const char *library)
{
    static const char avformat[] = "libavformat", so[] = ".so.";
    const char *slash = strrchr(library, '/'), *name = slash ? slash + 1 : library;
    unsigned long major = 0;

    if (strncmp(name, avformat, strlen(avformat)))
        return 0;
    name += strlen(avformat);
    if (*name == '-')
        name += strcspn(name, ".");
    if (strncmp(name, so, strlen(so)))
        return 0;
    name += strlen(so);
    if (*name >= '0' && *name <= '9')
        major = strtoul(name, NULL, 10);
    return major < UINT_MAX ? (unsigned)major : 0;
}

/* Libraries of the C library, of the compiler and of every shell, which need nothing of
 * FFmpeg's: for those the loader has not to be asked. */
static bool is_plain(const char *library)
{
    static const char *const plain[] = {
        "libc.so",     "libm.so",    "libmvec.so",   "libdl.so",    "libpthread.so",
        "librt.so",    "libutil.so", "libresolv.so", "libgcc_s.so", "libstdc++.so",
        "libtinfo.so", "ld-linux",   "ld64.so",
    };

    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        if (!strncmp(library, plain[i], strlen(plain[i])))
            return true;
    return false;
}

static bool read_needs(const File *file, Binary *binary)
{
    uint64_t strings = 0, size = UINT64_MAX, offset;
    char name[PATH_MAX];

    for (size_t i = 0; i < file->entries; i++) {
        if (file->dynamic[i].d_tag == DT_STRTAB)
            strings = file->dynamic[i].d_un.d_ptr;
        else if (file->dynamic[i].d_tag == DT_STRSZ)
            size = file->dynamic[i].d_un.d_val;
    }
    for (size_t i = 0; i < file->entries; i++) {
        const ElfW(Dyn) *entry = &file->dynamic[i];

        if (entry->d_tag != DT_NEEDED)
            continue;
        if (entry->d_un.d_val >= size || strings > UINT64_MAX - entry->d_un.d_val ||
            !find_offset(file, strings + entry->d_un.d_val, &offset) ||
            !read_string(file, offset, name))
            return false;
        binary->needs_any = true;
        binary->needs_others |= !is_plain(name);
        if (!binary->avformat)
            binary->avformat = binary_avformat(name);
    }
    return true;
}

void binary_read(const char *path, Binary *binary)
{
    File file; // large, and hardly used: not cleared

    file.fd = open(path, O_RDONLY | O_CLOEXEC);
    file.entries = 0;
    *binary = (Binary){.kind = BINARY_NONE};
    if (file.fd < 0)
        return;
    binary->kind = read_header(&file);
    if (binary->kind == BINARY_OURS &&
        !(read_segments(&file) && read_loader(&file, binary->loader) &&
          read_dynamic(&file) && read_needs(&file, binary)))
        binary->kind = BINARY_DAMAGED;
    close(file.fd);
}
