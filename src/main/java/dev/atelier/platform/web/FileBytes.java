package dev.atelier.platform.web;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the first bytes of somebody's file say of it, whatever its name claims. */
public final class FileBytes {

    private FileBytes() {}

    /** The type of a picture that browsers show without running anything in it. */
    public static Optional<String> pictureType(byte[] bytes) {
        if (starts(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
            return Optional.of("image/png");
        }
        if (starts(bytes, 0, 0xff, 0xd8, 0xff)) {
            return Optional.of("image/jpeg");
        }
        if (starts(bytes, 0, 'G', 'I', 'F', '8')) {
            return Optional.of("image/gif");
        }
        return starts(bytes, 0, 'R', 'I', 'F', 'F') && starts(bytes, 8, 'W', 'E', 'B', 'P')
                ? Optional.of("image/webp")
                : Optional.empty();
    }

    private static boolean starts(byte[] bytes, int from, int... expected) {
        if (bytes.length < from + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((bytes[from + i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** As UTF-8; null when it is none. The last character may be cut in two. */
    public static @Nullable String text(byte[] bytes, boolean cut) {
        for (int less = 0; less <= (cut ? Math.min(3, bytes.length) : 0); less++) {
            try {
                var text =
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)
                                .decode(ByteBuffer.wrap(bytes, 0, bytes.length - less))
                                .toString();
                return text.indexOf('\0') >= 0 ? null : text;
            } catch (CharacterCodingException e) {
                // Perhaps the cut went through a character: one byte less.
            }
        }
        return null;
    }
}
