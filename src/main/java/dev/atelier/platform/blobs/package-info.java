/**
 * Content-addressed files, on disk or in S3: written so that a crash loses nothing confirmed, read
 * so that a wrong byte is never handed out. Never knows what a blob means or who refers to it.
 */
@NullMarked
package dev.atelier.platform.blobs;

import org.jspecify.annotations.NullMarked;
