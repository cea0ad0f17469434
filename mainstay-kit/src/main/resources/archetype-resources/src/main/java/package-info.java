/** Recovery kit: ${title}. */
package ${package};
