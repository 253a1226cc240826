/** The height above an on-screen keyboard, for what must stay in view while someone types. */
export function trackViewportHeight(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const update = () => {
    // While someone zooms in, the visible part shrinks too; that is no keyboard.
    if (viewport.scale === 1) document.documentElement.style.setProperty('--viewport-height', `${viewport.height}px`);
  };
  viewport.addEventListener('resize', update);
  update();
}
