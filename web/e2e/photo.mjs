// Photos drawn on the spot by the browser itself, so that no picture has to be kept in the repository.
export async function drawPhoto(browser, alt) {
  const [photo] = await drawPhotos(browser, [{ alt, width: 1200, height: 800 }]);
  return photo;
}

/** A sun in the upper third, where faces are, and a line along each edge, so that one sees what was cut off. */
export async function drawPhotos(browser, wanted) {
  const page = await browser.newPage();
  const drawn = [];
  for (const { alt, width, height } of wanted) {
    const base64 = await page.evaluate(
      ([wide, high]) => {
        const canvas = document.createElement('canvas');
        canvas.width = wide;
        canvas.height = high;
        const context = canvas.getContext('2d');
        const sky = context.createLinearGradient(0, 0, 0, high);
        sky.addColorStop(0, '#f6d9b0');
        sky.addColorStop(1, '#7cc3a6');
        context.fillStyle = sky;
        context.fillRect(0, 0, wide, high);
        context.strokeStyle = '#5e564d';
        context.lineWidth = 8;
        context.strokeRect(4, 4, wide - 8, high - 8);
        context.fillStyle = '#b4532f';
        context.beginPath();
        context.arc(wide / 2, high * 0.4, Math.min(wide, high) * 0.2, 0, Math.PI * 2);
        context.fill();
        return canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
      },
      [width, height],
    );
    drawn.push({ name: 'evening.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64'), alt });
  }
  await page.close();
  return drawn;
}
