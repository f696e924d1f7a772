/* Another day for a program and all that it starts: the wall clock, and nothing else, moved by
 * PARVIS_CLOCK_OFFSET seconds. Loaded by LD_PRELOAD (docs/decisions/0140-another-day.md).
 *
 * What is read from the wall clock is later by so much, what files say of themselves too; what is
 * waited for until a moment of the wall clock, and what is written into files, is earlier by as
 * much. Clocks that only go on (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stay what they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static long offset(void)
{
    static long known, read_already;
    if (!read_already) {
        const char *told = getenv("PARVIS_CLOCK_OFFSET");
        known = told ? atol(told) : 0;
        read_already = 1;
    }
    return known;
}

static int of_the_wall(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* --- what time it is ------------------------------------------------------------------------ */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && of_the_wall(clock)) now->tv_sec += offset();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exactly;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exactly)) return -1;
    now->tv_sec = exactly.tv_sec;
    now->tv_usec = exactly.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

/* --- until when something is waited for ------------------------------------------------------ */

static const struct timespec *truly(const struct timespec *until, struct timespec *own)
{
    if (!until) return until;
    *own = *until;
    own->tv_sec -= offset();
    return own;
}

/* Which clock a moment is of, where only its maker knows: no machine has been up for ten years. */
static const struct timespec *truly_if_of_the_wall(const struct timespec *until,
                                                   struct timespec *own)
{
    return until && until->tv_sec > 315360000 ? truly(until, own) : until;
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until)
{
    REAL(sem_timedwait);
    struct timespec own;
    return real(sem, truly(until, &own));
}

int sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict until)
{
    REAL(sem_clockwait);
    struct timespec own;
    return real(sem, clock, of_the_wall(clock) ? truly(until, &own) : until);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    /* The symbol's newest version: the oldest has another layout of conditions. */
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec own;
    if (!real) *(void **)&real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return real(cond, mutex, truly_if_of_the_wall(until, &own));
}

int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict until)
{
    REAL(pthread_cond_clockwait);
    struct timespec own;
    return real(cond, mutex, clock, of_the_wall(clock) ? truly(until, &own) : until);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    REAL(pthread_mutex_timedlock);
    struct timespec own;
    return real(mutex, truly(until, &own));
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
                    struct timespec *left)
{
    REAL(clock_nanosleep);
    struct timespec own;
    return real(clock, flags,
                of_the_wall(clock) && (flags & TIMER_ABSTIME) ? truly(until, &own) : until, left);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *set, struct itimerspec *before)
{
    REAL(timerfd_settime);
    struct itimerspec own;
    if (flags & TFD_TIMER_ABSTIME) {
        own = *set;
        truly_if_of_the_wall(&set->it_value, &own.it_value);
        set = &own;
    }
    return real(timer, flags, set, before);
}

/* --- what files say of themselves ------------------------------------------------------------ */

#define LATER(told) \
    ((told)->st_atim.tv_sec += offset(), (told)->st_mtim.tv_sec += offset(), \
     (told)->st_ctim.tv_sec += offset())

#define TELLS(name, type, declared, given) \
    int name declared \
    { \
        static int(*real) declared; \
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name); \
        if (!real) { errno = ENOSYS; return -1; } \
        int failed = real given; \
        if (!failed) LATER(told); \
        return failed; \
    }

#define EVERY(suffix, type) \
    TELLS(stat##suffix, type, (const char *restrict path, type *restrict told), (path, told)) \
    TELLS(lstat##suffix, type, (const char *restrict path, type *restrict told), (path, told)) \
    TELLS(fstat##suffix, type, (int file, type *told), (file, told)) \
    TELLS(fstatat##suffix, type, \
          (int folder, const char *restrict path, type *restrict told, int flags), \
          (folder, path, told, flags)) \
    TELLS(__xstat##suffix, type, (int version, const char *path, type *told), \
          (version, path, told)) \
    TELLS(__lxstat##suffix, type, (int version, const char *path, type *told), \
          (version, path, told)) \
    TELLS(__fxstat##suffix, type, (int version, int file, type *told), (version, file, told))

EVERY(, struct stat)
EVERY(64, struct stat64)

int statx(int folder, const char *restrict path, int flags, unsigned mask,
          struct statx *restrict told)
{
    int failed = syscall(SYS_statx, folder, path, flags, mask, told);
    if (!failed) {
        told->stx_atime.tv_sec += offset();
        told->stx_btime.tv_sec += offset();
        told->stx_ctime.tv_sec += offset();
        told->stx_mtime.tv_sec += offset();
    }
    return failed;
}

/* --- what is written into files --------------------------------------------------------------- */

int utimensat(int folder, const char *path, const struct timespec given[2], int flags)
{
    REAL(utimensat);
    struct timespec own[2];
    for (int at = 0; given && at < 2; at++) {
        own[at] = given[at];
        if (given[at].tv_nsec != UTIME_NOW && given[at].tv_nsec != UTIME_OMIT)
            own[at].tv_sec -= offset();
    }
    return real(folder, path, given ? own : NULL, flags);
}

int futimens(int file, const struct timespec given[2])
{
    REAL(futimens);
    struct timespec own[2];
    for (int at = 0; given && at < 2; at++) {
        own[at] = given[at];
        if (given[at].tv_nsec != UTIME_NOW && given[at].tv_nsec != UTIME_OMIT)
            own[at].tv_sec -= offset();
    }
    return real(file, given ? own : NULL);
}

int utimes(const char *path, const struct timeval given[2])
{
    REAL(utimes);
    struct timeval own[2];
    for (int at = 0; given && at < 2; at++) {
        own[at] = given[at];
        own[at].tv_sec -= offset();
    }
    return real(path, given ? own : NULL);
}

int utime(const char *path, const struct utimbuf *given)
{
    REAL(utime);
    struct utimbuf own;
    if (given) {
        own.actime = given->actime - offset();
        own.modtime = given->modtime - offset();
    }
    return real(path, given ? &own : NULL);
}
