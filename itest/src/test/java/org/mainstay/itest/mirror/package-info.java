/** A mirrored volume on private disks, with servers, engines and managers that die. */
package org.mainstay.itest.mirror;
