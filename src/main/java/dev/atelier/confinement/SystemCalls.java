package dev.atelier.confinement;

/**
 * Numbers of the system calls that a confined child must not make, on x86-64 and aarch64 (−1: there
 * is none). From the kernel's asm/unistd_64.h and asm-generic/unistd.h.
 *
 * <p>A list of what is forbidden, not of what is allowed: the Java machine uses more calls than can
 * be listed for all its versions. What matters is closed twice, by namespaces or landlock as well.
 */
final class SystemCalls {

    private static final String DENIED =
            """
            # starting programs and processes
            execve 59 221
            execveat 322 281
            fork 57 -1
            vfork 58 -1
            # the network
            socket 41 198
            socketpair 53 199
            connect 42 203
            bind 49 200
            listen 50 201
            accept 43 202
            accept4 288 242
            sendto 44 206
            sendmsg 46 211
            sendmmsg 307 269
            recvmsg 47 212
            recvmmsg 299 243
            # other processes
            ptrace 101 117
            process_vm_readv 310 270
            process_vm_writev 311 271
            process_madvise 440 440
            kcmp 312 272
            kill 62 129
            tkill 200 130
            rt_sigqueueinfo 129 138
            rt_tgsigqueueinfo 297 240
            pidfd_send_signal 424 424
            pidfd_open 434 434
            pidfd_getfd 438 438
            # the kernel's wide doors
            bpf 321 280
            perf_event_open 298 241
            userfaultfd 323 282
            io_uring_setup 425 425
            io_uring_enter 426 426
            io_uring_register 427 427
            keyctl 250 219
            add_key 248 217
            request_key 249 218
            memfd_create 319 279
            memfd_secret 447 447
            # mounts and namespaces
            mount 165 40
            umount2 166 39
            pivot_root 155 41
            chroot 161 51
            move_mount 429 429
            open_tree 428 428
            fsopen 430 430
            fsconfig 431 431
            fsmount 432 432
            fspick 433 433
            mount_setattr 442 442
            unshare 272 97
            setns 308 268
            # the machine
            init_module 175 105
            finit_module 313 273
            delete_module 176 106
            kexec_load 246 104
            kexec_file_load 320 294
            reboot 169 142
            swapon 167 224
            swapoff 168 225
            syslog 103 116
            quotactl 179 60
            acct 163 89
            settimeofday 164 170
            clock_settime 227 112
            adjtimex 159 171
            clock_adjtime 305 266
            sethostname 170 161
            setdomainname 171 162
            iopl 172 -1
            ioperm 173 -1
            vhangup 153 58
            # handles to files by number
            open_by_handle_at 304 265
            name_to_handle_at 303 264
            # memory shared with others
            shmget 29 194
            shmat 30 196
            shmctl 31 195
            msgget 68 186
            semget 64 190
            mq_open 240 180
            # changing files
            chmod 90 -1
            fchmod 91 52
            fchmodat 268 53
            chown 92 -1
            fchown 93 55
            lchown 94 -1
            fchownat 260 54
            mkdir 83 -1
            mkdirat 258 34
            rmdir 84 -1
            unlink 87 -1
            unlinkat 263 35
            rename 82 -1
            renameat 264 38
            renameat2 316 276
            link 86 -1
            linkat 265 37
            symlink 88 -1
            symlinkat 266 36
            mknod 133 -1
            mknodat 259 33
            truncate 76 45
            ftruncate 77 46
            fallocate 285 47
            utime 132 -1
            utimes 235 -1
            utimensat 280 88
            futimesat 261 -1
            setxattr 188 5
            lsetxattr 189 6
            fsetxattr 190 7
            removexattr 197 14
            creat 85 -1
            # becoming somebody
            setuid 105 146
            setgid 106 144
            setreuid 113 145
            setregid 114 143
            setresuid 117 147
            setresgid 119 149
            setgroups 116 159
            capset 126 91
            personality 135 92
            # watching and placing
            fanotify_init 300 262
            inotify_init1 294 26
            migrate_pages 256 238
            move_pages 279 239
            mbind 237 235
            set_mempolicy 238 237
            """;

    private SystemCalls() {}

    /** Column 1 for x86-64, 2 for aarch64. */
    static int[] denied(int column) {
        return DENIED.lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("#"))
                .mapToInt(line -> Integer.parseInt(line.split(" ")[column]))
                .filter(number -> number >= 0)
                .toArray();
    }
}
