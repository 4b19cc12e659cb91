package dev.atelier.platform.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Tells addresses of the open internet from those of this machine and its networks. */
final class PublicAddress {

    /** An address block, say {@code 10.0.0.0/8}. */
    record Block(byte[] prefix, int bits) {
        static Block of(String cidr) {
            var slash = cidr.indexOf('/');
            try {
                var address = InetAddress.getByName(slash < 0 ? cidr : cidr.substring(0, slash));
                var bytes = address.getAddress();
                int bits =
                        slash < 0 ? bytes.length * 8 : Integer.parseInt(cidr.substring(slash + 1));
                return new Block(bytes, bits);
            } catch (UnknownHostException | NumberFormatException e) {
                throw new IllegalArgumentException("Not an address block: " + cidr, e);
            }
        }

        boolean holds(byte[] address) {
            if (address.length != prefix.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> (bit % 8);
                if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static final List<Block> CLOSED =
            List.of(
                    Block.of("0.0.0.0/8"),
                    Block.of("10.0.0.0/8"),
                    Block.of("100.64.0.0/10"),
                    Block.of("127.0.0.0/8"),
                    Block.of("169.254.0.0/16"),
                    Block.of("172.16.0.0/12"),
                    Block.of("192.0.0.0/24"),
                    Block.of("192.0.2.0/24"),
                    Block.of("192.168.0.0/16"),
                    Block.of("198.18.0.0/15"),
                    Block.of("198.51.100.0/24"),
                    Block.of("203.0.113.0/24"),
                    Block.of("224.0.0.0/4"),
                    Block.of("240.0.0.0/4"),
                    Block.of("::/96"),
                    Block.of("100::/64"),
                    Block.of("2001::/23"),
                    Block.of("2001:db8::/32"),
                    Block.of("fc00::/7"),
                    Block.of("fe80::/10"),
                    Block.of("fec0::/10"),
                    Block.of("ff00::/8"));

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};
    private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final Pattern DOTTED_QUAD =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");
    private static final Pattern NUMERIC_END =
            Pattern.compile("(?:.*\\.)?(?:\\d+|0[xX][0-9a-fA-F]*)");

    private PublicAddress() {}

    static boolean is(InetAddress address) {
        return isOpen(address.getAddress());
    }

    private static boolean isOpen(byte[] bytes) {
        if (bytes.length == 16) {
            if (startsWith(bytes, MAPPED) || startsWith(bytes, NAT64)) {
                return isOpen(Arrays.copyOfRange(bytes, 12, 16));
            }
            if (bytes[0] == 0x20 && bytes[1] == 0x02) { // 6to4 carries an IPv4 address
                return isOpen(Arrays.copyOfRange(bytes, 2, 6));
            }
        }
        return CLOSED.stream().noneMatch(block -> block.holds(bytes));
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    /**
     * {@code 127.1}, {@code 0x7f.1}, {@code 2130706433}: numbers that some resolvers take for IPv4.
     */
    static boolean isOddNumber(String host) {
        return NUMERIC_END.matcher(host).matches() && !DOTTED_QUAD.matcher(host).matches();
    }
}
