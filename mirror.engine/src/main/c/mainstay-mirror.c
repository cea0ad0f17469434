/*
 * What Java 17 has no call for: giving back and zeroing ranges of files and devices, and finding holes. Loaded by
 * org.mainstay.mirror.engine.nat.FileSpace; the engine works without it, slower.
 */
#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns a file descriptor, or the negative errno. */
JNIEXPORT jint JNICALL Java_org_mainstay_mirror_engine_nat_FileSpace_open(JNIEnv *env, jclass type, jbyteArray path)
{
    char name[4096];
    jsize length = (*env)->GetArrayLength(env, path);
    (void)type;
    if (length >= (jsize)sizeof name)
        return -ENAMETOOLONG;
    (*env)->GetByteArrayRegion(env, path, 0, length, (jbyte *)name);
    name[length] = 0;
    /* A block device is for nobody else as long as it is open: mount and mkfs fail with EBUSY. */
    struct stat status;
    int alone = stat(name, &status) == 0 && S_ISBLK(status.st_mode) ? O_EXCL : 0;
    int fd = open(name, O_RDWR | O_CLOEXEC | alone);
    return fd < 0 ? -errno : fd;
}

/* Zeroes a range; punch: and gives the space back. Returns 0 or errno. */
JNIEXPORT jint JNICALL Java_org_mainstay_mirror_engine_nat_FileSpace_zero(
    JNIEnv *env, jclass type, jint fd, jlong offset, jlong length, jboolean punch)
{
    int mode = (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) | FALLOC_FL_KEEP_SIZE;
    int result;
    (void)env;
    (void)type;
    do
        result = fallocate(fd, mode, offset, length);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

/* lseek: data (hole = false) or hole at or after offset; negative errno: none, or not known. */
JNIEXPORT jlong JNICALL Java_org_mainstay_mirror_engine_nat_FileSpace_seek(
    JNIEnv *env, jclass type, jint fd, jlong offset, jboolean hole)
{
    off_t found = lseek(fd, offset, hole ? SEEK_HOLE : SEEK_DATA);
    (void)env;
    (void)type;
    return found < 0 ? -errno : found;
}

/* Drops what the page cache holds and has written; returns 0 or errno. */
JNIEXPORT jint JNICALL Java_org_mainstay_mirror_engine_nat_FileSpace_drop(JNIEnv *env, jclass type, jint fd)
{
    (void)env;
    (void)type;
    return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

JNIEXPORT void JNICALL Java_org_mainstay_mirror_engine_nat_FileSpace_close(JNIEnv *env, jclass type, jint fd)
{
    (void)env;
    (void)type;
    close(fd);
}
