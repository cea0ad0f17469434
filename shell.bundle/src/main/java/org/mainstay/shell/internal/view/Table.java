package org.mainstay.shell.internal.view;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Aligned columns; cells may hold colour codes, which take no room. */
public final class Table {
    private static final String GAP = "  ";

    private final Style style;
    private final String indent;
    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    /** @param headings column headings */
    public Table(Style style, String indent, List<String> headings) {
        this.style = style;
        this.indent = indent;
        this.columns = headings.size();
        rows.add(headings);
    }

    /** Adds a row; it must have as many cells as there are headings. */
    public Table row(List<String> cells) {
        if (cells.size() != columns) {
            throw new IllegalArgumentException("a row of this table has " + columns + " cells, not " + cells.size());
        }
        rows.add(List.copyOf(cells));
        return this;
    }

    public boolean isEmpty() {
        return rows.size() == 1;
    }

    public void print(PrintStream out) {
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        boolean heading = true;
        for (List<String> row : rows) {
            String line = line(row, widths);
            out.println(heading ? indent + style.heading(line) : indent + line);
            heading = false;
        }
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = row.get(i);
            line.append(cell);
            if (i < widths.length - 1) {
                line.append(" ".repeat(widths[i] - width(cell))).append(GAP);
            }
        }
        return line.toString().stripTrailing();
    }

    private static int width(String cell) {
        String plain = cell.indexOf('\u001b') < 0 ? cell : cell.replaceAll("\u001b\\[[0-9;]*m", "");
        return plain.codePointCount(0, plain.length());
    }
}
