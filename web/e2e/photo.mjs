// A photo drawn on the spot by the browser itself, so that no picture has to be kept in the repository.
export async function drawPhoto(browser, alt) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 1200;
    canvas.height = 800;
    const context = canvas.getContext('2d');
    const sky = context.createLinearGradient(0, 0, 0, 800);
    sky.addColorStop(0, '#f6d9b0');
    sky.addColorStop(1, '#7cc3a6');
    context.fillStyle = sky;
    context.fillRect(0, 0, 1200, 800);
    context.fillStyle = '#b4532f';
    context.beginPath();
    context.arc(600, 420, 160, 0, Math.PI * 2);
    context.fill();
    return canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
  });
  await page.close();
  return { name: 'evening.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64'), alt };
}
