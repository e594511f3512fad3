/*
 * libjpeg-turbo at its leanest: planes at half scale out of one JPEG, planes into the next; nothing is upsampled,
 * converted or held at full size. A job for each line on standard input; see jobs.mjs.
 *
 *     cc -O2 -o turbo turbo.c -lturbojpeg -ljpeg
 *     ./turbo halve|plain|entropy FILE
 *
 * halve: with optimised Huffman tables. plain: with the standard's. entropy: nothing but entropy decoding, into
 * coefficients at full size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>
#include <turbojpeg.h>

enum { QUALITY = 80 };

static void check(int failed, const char *what) {
    if (failed) {
        fprintf(stderr, "turbo: %s: %s\n", what, tjGetErrorStr());
        exit(1);
    }
}

static unsigned char *contents(const char *path, unsigned long *length) {
    FILE *file = fopen(path, "rb");
    check(!file, path);
    fseek(file, 0, SEEK_END);
    *length = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*length);
    check(fread(bytes, 1, *length, file) != *length, path);
    fclose(file);
    return bytes;
}

/* The bytes of the half. */
static unsigned long halve(unsigned char *source, unsigned long length) {
    tjhandle reader = tjInitDecompress(), writer = tjInitCompress();
    int width, height, subsampling, colorspace;
    check(tjDecompressHeader3(reader, source, length, &width, &height, &subsampling, &colorspace), "header");
    tjscalingfactor half = {1, 2};
    width = TJSCALED(width, half), height = TJSCALED(height, half);
    unsigned char *planes[3] = {0};
    for (int i = 0; i < (subsampling == TJSAMP_GRAY ? 1 : 3); i++)
        planes[i] = malloc(tjPlaneSizeYUV(i, width, 0, height, subsampling));
    check(tjDecompressToYUVPlanes(reader, source, length, planes, width, NULL, height, 0), "decompress");
    unsigned char *result = NULL;
    unsigned long written = 0;
    const unsigned char *full[3] = {planes[0], planes[1], planes[2]};
    check(tjCompressFromYUVPlanes(writer, full, width, NULL, height, subsampling, &result, &written, QUALITY, 0),
          "compress");
    tjFree(result);
    for (int i = 0; i < 3; i++) free(planes[i]);
    tjDestroy(reader), tjDestroy(writer);
    return written;
}

/* Entropy decoding alone. */
static unsigned long entropy(unsigned char *source, unsigned long length) {
    struct jpeg_decompress_struct reader;
    struct jpeg_error_mgr errors;
    reader.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reader);
    jpeg_mem_src(&reader, source, length);
    jpeg_read_header(&reader, TRUE);
    jpeg_read_coefficients(&reader);
    jpeg_destroy_decompress(&reader);
    return 0;
}

static double microseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int main(int count, char **arguments) {
    check(count != 3, "usage: turbo halve|plain|entropy FILE");
    int nothing_but_entropy = !strcmp(arguments[1], "entropy");
    /* The only door to optimised tables in TurboJPEG 2. */
    setenv("TJ_OPTIMIZE", strcmp(arguments[1], "halve") ? "0" : "1", 1);
    unsigned long length;
    unsigned char *source = contents(arguments[2], &length);
    for (char line[16]; fgets(line, sizeof line, stdin);) {
        double cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID), wall = microseconds(CLOCK_MONOTONIC);
        unsigned long written = (nothing_but_entropy ? entropy : halve)(source, length);
        cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, wall = microseconds(CLOCK_MONOTONIC) - wall;
        printf("%.0f %.0f %lu\n", cpu, wall, written);
        fflush(stdout);
    }
    return 0;
}
