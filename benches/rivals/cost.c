/*
 * What a whole process costs: runs a command and prints its processor time (user and system) in microseconds and its
 * peak resident memory in bytes. What the command prints is thrown away.
 *
 *     cc -O2 -o cost cost.c
 *     ./cost COMMAND…
 *
 * A program of its own because a child starts with its parent's peak, and this one has next to none.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 2) return 2;
    pid_t child = fork();
    if (child < 0) return perror("fork"), 1;
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execvp(arguments[1], arguments + 1);
        perror(arguments[1]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) return perror("wait4"), 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status)) return fprintf(stderr, "%s failed\n", arguments[1]), 1;
    printf("%ld %ld\n",
           (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
           usage.ru_maxrss * 1024);
    return 0;
}
